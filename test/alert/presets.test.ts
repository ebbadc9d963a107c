import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import {
  type AlertService,
  alertServices,
  alertTypes,
} from "../../src/console/alert/alertServices.ts";
import { openHook, pass } from "../fixtures/health.ts";
import { emit, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type MailServer, mailOf, mailServer } from "../fixtures/mailServer.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
let mails: MailServer;
beforeAll(async () => {
  target = await receiver();
  mails = await mailServer();
  hub = await testHub({ mail: mailOf(mails) });
  await hub.run("mutation { updateProject(input: { systemEvents: true }) { project { id } } }");
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
  await mails[Symbol.asyncDispose]();
});

const soon = { timeout: 60_000 };
const hooks = "https://hub.example.com/hooks";
const key = "0123456789abcdef0123456789ABCDEF";
const text = (max: number) => z.string().min(1).max(max);
const link = text(2_000).startsWith(`${hooks}/`);
const plain = (max: number) =>
  z.strictObject({ type: z.literal("plain_text"), text: text(max), emoji: z.literal(false) });
const run = z.looseObject({ type: z.literal("TextRun"), text: text(3_000) });

/** What the services take, as they document it. */
const shapes = {
  SLACK: z.strictObject({
    text: text(40_000),
    mrkdwn: z.literal(false),
    blocks: z
      .array(
        z.union([
          z.strictObject({ type: z.literal("header"), text: plain(150) }),
          z.strictObject({ type: z.literal("section"), text: plain(3_000) }),
        ]),
      )
      .max(50),
  }),
  TEAMS: z.strictObject({
    type: z.literal("message"),
    attachments: z.tuple([
      z.strictObject({
        contentType: z.literal("application/vnd.microsoft.card.adaptive"),
        contentUrl: z.null(),
        content: z.strictObject({
          $schema: z.literal("http://adaptivecards.io/schemas/adaptive-card.json"),
          type: z.literal("AdaptiveCard"),
          version: z.literal("1.4"),
          body: z
            .array(z.strictObject({ type: z.literal("RichTextBlock"), inlines: z.tuple([run]) }))
            .min(1),
          actions: z.tuple([
            z.strictObject({ type: z.literal("Action.OpenUrl"), title: text(100), url: link }),
          ]),
        }),
      }),
    ]),
  }),
  DISCORD: z.strictObject({
    username: text(80),
    allowed_mentions: z.strictObject({ parse: z.tuple([]) }),
    embeds: z.tuple([
      z.strictObject({
        title: text(256),
        url: link,
        description: text(4_096).optional(),
        color: z.int().min(0).max(0xffffff),
        timestamp: z.iso.datetime(),
      }),
    ]),
  }),
  PAGERDUTY: z.strictObject({
    routing_key: z.literal(key),
    event_action: z.enum(["trigger", "resolve"]),
    dedup_key: text(255),
    payload: z.strictObject({
      summary: text(1_024),
      source: text(1_000),
      severity: z.enum(["critical", "error", "warning", "info"]),
      timestamp: z.iso.datetime(),
      component: z.string(),
      class: text(200),
      custom_details: z.unknown(),
    }),
    client: z.literal("Signalbox"),
    links: z.tuple([z.strictObject({ href: link, text: text(100) })]),
  }),
};
const services = Object.keys(shapes) as (keyof typeof shapes)[];

/** Registers an alert of a service, at this test's receiver. */
async function alertAt(id: keyof typeof alertServices, path: string) {
  const service: AlertService = alertServices[id];
  const url = `${target.url}${path}`;
  const given = id === "PAGERDUTY" ? key : id === "EMAIL" ? "ops@example.com" : url;
  expect(service.problem(given)).toBeUndefined();
  const made = service.hookOf(given, hooks);
  const input = { ...made, ...(id !== "EMAIL" && { url }), types: alertTypes };
  return (await register(hub, input)).id;
}
const cameTo = (path: string) => target.requests.filter((one) => one.path === path);

async function testWith(id: string, type: string, data: unknown) {
  const { testHook } = await hub.run<{ testHook: { userErrors: object[] } }>(
    `mutation ($id: ID!, $type: String, $data: JSON) {
      testHook(id: $id, type: $type, data: $data, waitMs: 15000) { delivery { status } userErrors { message } } }`,
    { id, type, data },
  );
  expect(testHook).toEqual({ delivery: { status: "SUCCEEDED" }, userErrors: [] });
}

const hostile = {
  name: 'bill "ing"\n\\ {{ event.id }} </script> <!channel> @everyone [a](http://x) \u2028',
  lastError: `status 500: "${"long ".repeat(2_000)}"`,
};

test.each(services)(
  "%s takes each alert, whatever a hook's name and error hold",
  async (service) => {
    const path = `/hostile/${service}`;
    const id = await alertAt(service, path);
    const about = {
      hookId: '0190-"&/?',
      url: "https://x.example",
      failures: 5,
      failingSince: null,
    };
    const cases: [string, unknown][] = [
      ...alertTypes.map((type): [string, unknown] => [type, { ...about, ...hostile }]),
      ["hook.recovered", { ...about, name: null, lastError: null }],
      ["hook.disabled", { ...about, name: "a", reason: "said so" }],
      ["hook.failing", {}],
      ["hook.failing", null],
      ["another", { a: 1 }],
    ];
    for (const [type, data] of cases) await testWith(id, type, data);
    const bodies = cameTo(path).map(({ body }) => JSON.parse(body));
    expect(bodies).toHaveLength(cases.length);
    for (const body of bodies) expect(() => shapes[service].parse(body)).not.toThrow();
    const told = JSON.stringify(bodies[0]);
    for (const part of ["{{ event.id }}", "@everyone", "is failing"]) expect(told).toContain(part);
    expect(cameTo(path)[0]?.headers["content-type"]).toBe("application/json");
  },
);

test("an outage and its end are told to all services; PagerDuty's incident is of the hook, and resolved", async () => {
  for (const service of services) await alertAt(service, `/real/${service}`);
  await alertAt("EMAIL", "");
  await using broken = await receiver(status(500));
  const { id } = await openHook(hub, broken.url, "paid", { name: 'the "books"' });
  broken.answer = status(200);
  await pass(hub, id, "1 hour");
  await emit(hub, { type: "paid" });
  for (const service of services) {
    const path = `/real/${service}`;
    await expect.poll(() => cameTo(path).length, soon).toBe(3);
    for (const { body } of cameTo(path)) {
      expect(() => shapes[service].parse(JSON.parse(body))).not.toThrow();
      expect(body).toContain('the \\"books\\"');
      expect(body).toContain(`${hooks}/${id}`);
    }
  }
  const incidents = cameTo("/real/PAGERDUTY").map(({ body }) => JSON.parse(body));
  expect(
    incidents.map((one) => [one.dedup_key, one.event_action, one.payload.severity]).sort(),
  ).toEqual([
    ...[
      [id, "resolve", "info"],
      [id, "trigger", "error"],
      [id, "trigger", "warning"],
    ],
  ]);
  await expect.poll(() => mails.mails.length, soon).toBe(3);
  const subjects = mails.mails.map((mail) => /^Subject: (.*)$/m.exec(mail.text)?.[1]?.trim());
  expect(subjects.sort()).toEqual(["hook.failing", "hook.opened", "hook.recovered"]);
  for (const { text } of mails.mails) {
    expect(text).toContain('the "books"');
    expect(text).toContain(`${hooks}/${id}`);
  }
});

test("what can't be an address or a key is told before a hook is made", () => {
  const wrong = {
    SLACK: "hooks.slack.com/x",
    TEAMS: "",
    DISCORD: "ftp://x",
    PAGERDUTY: "abc",
    EMAIL: "ops",
  };
  for (const [id, given] of Object.entries(wrong))
    expect(alertServices[id as keyof typeof wrong].problem(given), id).toBeTypeOf("string");
});
