import type { DefaultTheme } from "vitepress";

const page = (text: string, link: string) => ({ text, link });

/** The way to every page, in the order in which a newcomer needs them. */
export const sidebar: DefaultTheme.SidebarItem[] = [
  {
    text: "Start",
    items: [
      page("What Signalbox is", "/"),
      page("Quickstart", "/quickstart"),
      page("Concepts", "/concepts"),
    ],
  },
  {
    text: "Tasks",
    items: [
      page("Send events", "/send-events"),
      page("Register hooks", "/hooks"),
      page("Receive and verify", "/receive-and-verify"),
      page("Retry and replay", "/replay"),
      page("Buttons", "/buttons"),
      page("Workflows", "/workflows"),
      page("Resources", "/resources"),
      page("Schedules", "/schedules"),
      page("GraphQL clients", "/graphql-clients"),
      page("The console", "/console"),
    ],
  },
  {
    text: "Formats it speaks",
    items: [
      page("Actionstep: REST hooks", "/actionstep"),
      page("Alloy: workflows", "/alloy"),
      page("goflow: typed events", "/goflow"),
      page("Operational: buttons", "/operational"),
      page("Space Cloud: triggers", "/space-cloud"),
    ],
  },
  {
    text: "Run it",
    items: [
      page("Deploy", "/deploy"),
      page("Operate", "/operate"),
      page("Failure and torture", "/failure-and-torture"),
      page("Benchmarks", "/benchmarks"),
      page("Troubleshooting", "/troubleshooting"),
    ],
  },
  {
    text: "API reference",
    items: [
      page("Overview", "/api/"),
      page("Queries", "/api/queries"),
      page("Mutations", "/api/mutations"),
      page("Subscriptions", "/api/subscriptions"),
      page("Types", "/api/types"),
      page("Inputs", "/api/inputs"),
      page("Enums", "/api/enums"),
      page("Scalars", "/api/scalars"),
    ],
  },
  {
    text: "Background",
    items: [page("Limits", "/limits"), page("Decisions", "/decisions"), page("FAQ", "/faq")],
  },
];
