import type { Command } from "commander";
import type { HubPlace } from "../hub/callHub.ts";
import { DEFAULT_LIMIT, limitOption } from "../hub/limitOption.ts";
import { listAll, pageInfo } from "../hub/listAll.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printRows } from "../hub/print.ts";
import { type Hook, hookFields } from "./findHook.ts";

export function addList(hook: Command): void {
  hubCommand(hook, "list", "lists hooks, newest first")
    .option("--status <STATUS...>", "only these, such as ACTIVE or PAUSED")
    .option("--type <TYPE>", "only hooks that take events of this type")
    .option("--search <TEXT>", "only with this text in the name or URL")
    .addOption(limitOption())
    .action(onHub(list));
}

type Options = HubFlags & { status?: string[]; type?: string; search?: string; limit?: number };

async function list(hub: HubPlace, options: Options): Promise<void> {
  const { limit = DEFAULT_LIMIT, status, type, search } = options;
  const hooks = await listAll<Hook>(hub, document, { status, type, search }, { limit });
  await printRows(options, hooks, [
    ["ID", ({ id }) => id],
    ["NAME", ({ name }) => name],
    ["STATUS", ({ status }) => status],
    ["HEALTH", ({ health }) => health],
    ["TYPES", ({ types }) => (types as string[]).join(",")],
    ["FORMAT", ({ format }) => format],
    ["SUCCEEDED", ({ succeededCount }) => succeededCount],
    ["FAILED", ({ failedCount }) => failedCount],
    ["WAITING", ({ waitingCount }) => waitingCount],
    ["URL", ({ url }) => url],
  ]);
}

const document = `query ($first: Int, $after: String, $status: [HookStatus!], $type: String, $search: String) {
  page: hooks(first: $first, after: $after, status: $status, type: $type, search: $search) {
    nodes { ${hookFields} } ${pageInfo}
  }
}`;
