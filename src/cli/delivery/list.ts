import type { Command } from "commander";
import { findHook } from "../hook/findHook.ts";
import type { HubPlace } from "../hub/callHub.ts";
import { DEFAULT_LIMIT, limitOption } from "../hub/limitOption.ts";
import { listAll, pageInfo } from "../hub/listAll.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printRows } from "../hub/print.ts";
import { timeOption } from "../readTime.ts";

/** `deliveries` alone lists, too. */
export function addList(deliveries: Command): void {
  const isDefault = { isDefault: true };
  hubCommand(deliveries, "list", "lists deliveries, newest first", isDefault)
    .option("--hook <HOOK>", "only to this hook, by id or name")
    .option("--event <ID>", "only of this event")
    .option("--status <STATUS...>", "only these, such as FAILED or RETRYING")
    .option("--since <TIME>", "only what was made then or later", timeOption("since"))
    .option("--until <TIME>", "only what was made before", timeOption("until"))
    .addOption(limitOption())
    .action(onHub(list));
}

type Options = HubFlags & {
  hook?: string;
  event?: string;
  status?: string[];
  since?: string;
  until?: string;
  limit?: number;
};

type Delivery = Record<string, unknown> & {
  id: string;
  status: string;
  event: { id: string; type: string };
  hook: { id: string; name: string | null } | null;
};

async function list(hub: HubPlace, options: Options): Promise<void> {
  const { limit = DEFAULT_LIMIT, hook, event: eventId, status, since, until } = options;
  const hookId = hook === undefined ? undefined : (await findHook(hub, hook)).id;
  const filter = { hookId, eventId, status, since, until };
  const rows = await listAll<Delivery>(hub, document, filter, { limit });
  await printRows(options, rows, [
    ["ID", ({ id }) => id],
    ["CREATED", ({ createdAt }) => createdAt],
    ["STATUS", ({ status }) => status],
    ["TRIES", ({ attemptCount, maxAttempts }) => `${attemptCount}/${maxAttempts}`],
    ["TYPE", ({ event }) => event.type],
    ["HOOK", ({ hook }) => hook?.name ?? hook?.id],
    ["ERROR", ({ lastError }) => lastError],
  ]);
}

const document = `query ($first: Int, $after: String, $hookId: ID, $eventId: ID, $status: [DeliveryStatus!],
  $since: DateTime, $until: DateTime) {
  page: deliveries(first: $first, after: $after, hookId: $hookId, eventId: $eventId, status: $status,
    since: $since, until: $until) {
    nodes {
      id status attemptCount maxAttempts nextAttemptAt completedAt createdAt lastError
      event { id type } hook { id name } replayOf { id }
    }
    ${pageInfo}
  }
}`;
