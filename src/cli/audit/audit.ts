import type { Command } from "commander";
import type { HubPlace } from "../hub/callHub.ts";
import { DEFAULT_LIMIT, limitOption } from "../hub/limitOption.ts";
import { listAll, pageInfo } from "../hub/listAll.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printRows } from "../hub/print.ts";
import { timeOption } from "../readTime.ts";

export function addAudit(program: Command): void {
  hubCommand(program, "audit", "lists who did what, newest first")
    .option("--actor <NAME>", "only by the key of this name")
    .option("--action <NAME>", "only this, such as pauseHook")
    .option("--entity <ID>", "only to the hook, event type or other object with this id")
    .option("--since <TIME>", "only what was done then or later", timeOption("since"))
    .option("--until <TIME>", "only what was done before", timeOption("until"))
    .addOption(limitOption())
    .action(onHub(list));
}

type Options = HubFlags & {
  actor?: string;
  action?: string;
  entity?: string;
  since?: string;
  until?: string;
  limit?: number;
};

type Entry = Record<string, unknown>;

async function list(hub: HubPlace, options: Options): Promise<void> {
  const { limit = DEFAULT_LIMIT, actor, action, entity: entityId, since, until } = options;
  const filter = { actor, action, entityId, since, until };
  const rows = await listAll<Entry>(hub, document, filter, { limit });
  await printRows(options, rows, [
    ["AT", ({ at }) => at],
    ["ACTOR", ({ actor }) => actor],
    ["ACTION", ({ action }) => action],
    ["OBJECT", ({ entityType }) => entityType],
    ["ID", ({ entityId }) => entityId],
    ["REQUEST", ({ requestId }) => requestId],
  ]);
}

const document = `query ($first: Int, $after: String, $actor: String, $action: String, $entityId: ID,
  $since: DateTime, $until: DateTime) {
  page: auditLog(first: $first, after: $after, actor: $actor, action: $action, entityId: $entityId,
    since: $since, until: $until) {
    nodes { id at actor action entityType entityId before after requestId }
    ${pageInfo}
  }
}`;
