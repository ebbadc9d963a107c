import type { Config } from "./config/config.ts";
import type { RunningHub } from "./hub.ts";
import { version } from "./version.ts";

const firstEvent =
  'mutation { emitEvent(input: { type: "hello.world", data: { text: "It works" } }) { event { id status } userErrors { message } } }';

/** A command to paste into a shell; neither the key nor the body contains a single quote. */
const curl = (url: string, key: string) =>
  `curl -s ${url}/graphql -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '${JSON.stringify({ query: firstEvent })}'`;

/** What the terminal shows once the hub is ready: its addresses, and at first boot how to begin. */
export function banner(
  config: Pick<Config, "databaseUrl" | "dataDir" | "roles">,
  { url, newAdminKey }: Pick<RunningHub, "url" | "newAdminKey">,
): string {
  const database = config.databaseUrl
    ? "the PostgreSQL of DATABASE_URL"
    : `embedded PostgreSQL in ${config.dataDir}`;
  const lines = [`Signalbox ${version} is ready (${database}). Ctrl-C stops it.`, ""];
  if (config.roles.api) lines.push(`Console:  ${url}/`, `GraphiQL: ${url}/graphql`, "");
  else lines.push(`Health:   ${url}/healthz`, "");
  if (newAdminKey !== null) {
    lines.push("Admin key (shown this once, keep it):", `  ${newAdminKey}`, "");
  }
  if (newAdminKey !== null && config.roles.api) {
    lines.push("Emit a first event, from another terminal:", `  ${curl(url, newAdminKey)}`, "");
  }
  if (newAdminKey === null && config.roles.api) {
    lines.push("Create another key: npx signalbox key create default NAME ADMIN", "");
  }
  return lines.join("\n");
}
