import type { Command } from "commander";
import type { HubPlace } from "../hub/callHub.ts";
import { DEFAULT_LIMIT, limitOption } from "../hub/limitOption.ts";
import { listAll, pageInfo } from "../hub/listAll.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printRows } from "../hub/print.ts";
import { type FilterFlags, filterOf, filterOptions, hookIdsOf } from "./filter.ts";

/** `deliveries` alone lists, too. */
export function addList(deliveries: Command): void {
  const isDefault = { isDefault: true };
  const command = hubCommand(deliveries, "list", "lists deliveries, newest first", isDefault)
    .option("--hook <HOOK...>", "only to these hooks, by id or name")
    .option("--event <ID>", "only of this event");
  filterOptions(command).addOption(limitOption()).action(onHub(list));
}

type Options = HubFlags & FilterFlags & { hook?: string[]; event?: string; limit?: number };

type Delivery = Record<string, unknown> & {
  id: string;
  status: string;
  event: { id: string; type: string };
  hook: { id: string; name: string | null } | null;
};

async function list(hub: HubPlace, options: Options): Promise<void> {
  const { limit = DEFAULT_LIMIT, hook, event: eventId } = options;
  const filter = { hookIds: await hookIdsOf(hub, hook), eventId, ...filterOf(options) };
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

const document = `query ($first: Int, $after: String, $hookIds: [ID!], $eventId: ID, $types: [String!],
  $userId: String, $search: String, $status: [DeliveryStatus!], $statusCodes: [Int!], $error: String, $since: DateTime,
  $until: DateTime) {
  page: deliveries(first: $first, after: $after, hookIds: $hookIds, eventId: $eventId, types: $types, userId: $userId,
    search: $search, status: $status, statusCodes: $statusCodes, error: $error, since: $since, until: $until) {
    nodes {
      id status attemptCount maxAttempts nextAttemptAt completedAt createdAt lastError
      event { id type } hook { id name } replayOf { id }
    }
    ${pageInfo}
  }
}`;
