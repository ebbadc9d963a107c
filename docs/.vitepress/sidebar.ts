import type { DefaultTheme } from "vitepress";

const page = (text: string, link: string) => ({ text, link });

const group = (text: string, ...items: DefaultTheme.SidebarItem[]) => ({ text, items });

/** The way to every page: the groups of the first page, and the API reference. */
export const sidebar: DefaultTheme.SidebarItem[] = [
  group(
    "Start",
    page("What Signalbox is", "/"),
    page("Quickstart", "/quickstart"),
    page("Install", "/install"),
    page("Concepts", "/concepts"),
    page("The console", "/console"),
  ),
  group(
    "Build",
    page("Send events", "/send-events"),
    page("REST", "/rest"),
    page("Hooks", "/hooks"),
    page("Payloads", "/payloads"),
    page("Order", "/ordering"),
    page("E-mail", "/email"),
    page("Alerts", "/alerts"),
    page("Receive and verify webhooks", "/receive-and-verify"),
    page("Receiver kit", "/receiver"),
    page("Client", "/client"),
    page("GraphQL clients", "/graphql-clients"),
    page("The command line", "/cli"),
    page("Buttons", "/buttons"),
    page("Workflows", "/workflows"),
    page("Resources", "/resources"),
    page("Schedules", "/schedules"),
    page("Retry and replay", "/replay"),
  ),
  group(
    "Come from another system",
    page("Operational: buttons", "/operational"),
    page("goflow: typed events", "/goflow"),
    page("Alloy: workflows", "/alloy"),
    page("Space Cloud: triggers", "/space-cloud"),
    page("Actionstep: REST hooks", "/actionstep"),
    page("Svix: webhooks", "/svix"),
    page("Calls of other systems", "/doors"),
  ),
  group(
    "Run",
    page("Deploy", "/deploy"),
    page("Operate", "/operate"),
    page("The audit log", "/audit"),
    page("Traces and metrics", "/telemetry"),
    page("Citus", "/citus"),
    page("Limits", "/limits"),
    page("Troubleshooting", "/troubleshooting"),
    page("FAQ", "/faq"),
  ),
  group(
    "API reference",
    page("Overview", "/api/"),
    page("Queries", "/api/queries"),
    page("Mutations", "/api/mutations"),
    page("Subscriptions", "/api/subscriptions"),
    page("Types", "/api/types"),
    page("Inputs", "/api/inputs"),
    page("Enums", "/api/enums"),
    page("Scalars", "/api/scalars"),
  ),
  group(
    "Judge",
    page("Failure and torture", "/failure-and-torture"),
    page("Benchmarks", "/benchmarks"),
    page("Decisions", "/decisions"),
  ),
];
