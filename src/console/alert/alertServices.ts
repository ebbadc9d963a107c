import {
  discordTemplate,
  mailTemplate,
  pagerDutyTemplate,
  slackTemplate,
  teamsTemplate,
} from "./alertTemplates.ts";

/** What alerts are about: the health of other hooks. */
export const alertTypes = ["hook.failing", "hook.opened", "hook.disabled", "hook.recovered"];

/** The part of a hook that a service decides. */
type AlertHook = { url: string; template: string; templateContentType: string };

/** A service that alerts go to, and what a person gives for it. */
export type AlertService = {
  name: string;
  label: string;
  placeholder: string;
  hint: string;
  /** Why what was given can't be right; undefined if it may be. */
  problem(given: string): string | undefined;
  /** The hook that posts to it. `hooks`: the page of hooks in the console. */
  hookOf(given: string, hooks: string): AlertHook;
};

const json = "application/json";

const isUrl = (text: string) => /^https?:\/\//i.test(text) && URL.canParse(text);
const webhook = (example: string) => ({
  label: "Webhook URL",
  placeholder: example,
  problem: (given: string) => (isUrl(given) ? undefined : `An address such as ${example}`),
});

/** The services, by their id. */
export const alertServices = {
  SLACK: {
    ...webhook("https://hooks.slack.com/services/T000/B000/XXXX"),
    name: "Slack",
    hint: "In Slack: an app with “Incoming Webhooks”, Add New Webhook to Workspace.",
    hookOf: (url, hooks) => ({ url, template: slackTemplate(hooks), templateContentType: json }),
  },
  TEAMS: {
    ...webhook("https://prod-00.westeurope.logic.azure.com/workflows/…"),
    name: "Microsoft Teams",
    hint: "In Teams: the channel's Workflows, “Post to a channel when a webhook request is received”.",
    hookOf: (url, hooks) => ({ url, template: teamsTemplate(hooks), templateContentType: json }),
  },
  DISCORD: {
    ...webhook("https://discord.com/api/webhooks/0000/XXXX"),
    name: "Discord",
    hint: "In Discord: the channel's settings, Integrations, Webhooks, Copy Webhook URL.",
    hookOf: (url, hooks) => ({ url, template: discordTemplate(hooks), templateContentType: json }),
  },
  PAGERDUTY: {
    name: "PagerDuty",
    label: "Integration key",
    placeholder: "32 letters and digits",
    hint: "In PagerDuty: a service's Integrations, Events API v2. The key is part of the hook's template, which those who may see hooks can read.",
    problem: (given) =>
      /^[A-Za-z0-9]{32}$/.test(given) ? undefined : "The key has 32 letters and digits.",
    hookOf: (key, hooks) => ({
      url: "https://events.pagerduty.com/v2/enqueue",
      template: pagerDutyTemplate(hooks, key),
      templateContentType: json,
    }),
  },
  EMAIL: {
    name: "E-mail",
    label: "Address",
    placeholder: "ops@example.com",
    hint: "Needs a mail server: SIGNALBOX_SMTP_URL and SIGNALBOX_SMTP_FROM.",
    problem: (given) =>
      /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(given) ? undefined : "An address such as ops@example.com",
    hookOf: (address, hooks) => ({
      url: `mailto:${address}`,
      template: mailTemplate(hooks),
      templateContentType: "text/plain",
    }),
  },
} as const satisfies Record<string, AlertService>;

type AlertServiceId = keyof typeof alertServices;
export const isAlertService = (text: string): text is AlertServiceId =>
  Object.hasOwn(alertServices, text);
