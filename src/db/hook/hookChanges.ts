import type { Tx } from "../connection/client.ts";
import { publish } from "../feed/record.ts";
import { bumpConfigVersion } from "../project/projects.ts";
import { type HookRow, hookColumns, insertHookVersion } from "./hooks.ts";

/** A feed item for a hook in its current state. The caller has locked the project's head. */
export const recordHook = (
  tx: Tx,
  hook: Pick<HookRow, "projectId" | "id" | "status" | "statusReason">,
  created = false,
) =>
  publish(tx, hook.projectId, [
    {
      kind: "HOOK",
      id: hook.id,
      hookId: hook.id,
      created,
      state: { status: hook.status, statusReason: hook.statusReason },
    },
  ]);

/** Applies the hook's new rule from the next config version on. */
export async function recordHookVersion(tx: Tx, hook: HookRow): Promise<void> {
  await insertHookVersion(tx, hook, await bumpConfigVersion(tx, hook.projectId));
}

/** A hook that is to receive no more, and why. */
export type Leaving = {
  projectId: string;
  hookId: string;
  status: "DELETED" | "DISABLED";
  reason: string;
};

/**
 * Deletes or disables hooks whose target asked for it, keeping the reason for their history. Only active ones are
 * disabled. Returns those that it changed.
 */
export async function retireHooks(tx: Tx, leaving: Leaving[]): Promise<HookRow[]> {
  const rows = await tx<HookRow[]>`
    update signalbox.hooks h set status = x.status, status_reason = x.reason, updated_at = now()
    from unnest(${leaving.map((one) => one.projectId)}::uuid[], ${leaving.map((one) => one.hookId)}::uuid[],
      ${leaving.map((one) => one.status)}::text[], ${leaving.map((one) => one.reason)}::text[])
      as x(project_id, hook_id, status, reason)
    where h.project_id = x.project_id and h.id = x.hook_id
      and (h.status = 'ACTIVE' or x.status = 'DELETED' and h.status <> 'DELETED')
    returning ${hookColumns(tx)}`;
  for (const row of rows) await recordHookVersion(tx, row);
  return rows;
}
