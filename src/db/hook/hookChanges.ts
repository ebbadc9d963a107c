import type { Tx } from "../connection/client.ts";
import type { FeedItem } from "../feed/changes.ts";
import { publish, writeToFeed } from "../feed/record.ts";
import { bumpConfigVersion } from "../project/projects.ts";
import { type HookRow, hookColumns, insertHookVersions } from "./hooks.ts";
import { queueSettling } from "./moveQueued.ts";

const hookItem = (
  { id, status, statusReason }: Pick<HookRow, "id" | "status" | "statusReason">,
  created = false,
): FeedItem => ({ kind: "HOOK", id, hookId: id, created, state: { status, statusReason } });

/** A feed item for a hook in its current state. The caller has locked the project's head. */
export const recordHook = (
  tx: Tx,
  hook: Pick<HookRow, "projectId" | "id" | "status" | "statusReason">,
  created = false,
) => publish(tx, hook.projectId, [hookItem(hook, created)]);

/** Applies the hook's new rule from the next config version on. */
export async function recordHookVersion(tx: Tx, hook: HookRow): Promise<void> {
  const { projectId, id } = hook;
  await insertHookVersions(tx, projectId, [id], await bumpConfigVersion(tx, projectId));
}

/** A hook that is to receive no more, and why. */
export type Leaving = {
  hookId: string;
  status: "DELETED" | "DISABLED";
  reason: string;
};

/**
 * Deletes up to `limit` hooks of a user under one config version, and returns their ids. Their waiting deliveries are
 * cancelled by the jobs that it adds.
 */
export async function deleteHooksOfUser(
  tx: Tx,
  { projectId, userId }: { projectId: string; userId: string },
  reason: string,
  limit: number,
): Promise<string[]> {
  const hooks = await tx<HookRow[]>`
    update signalbox.hooks h set status = 'DELETED', status_reason = ${reason}, updated_at = now()
    where h.project_id = ${projectId} and h.id = any(array(
      select id from signalbox.hooks
      where project_id = ${projectId} and user_id = ${userId} and status <> 'DELETED' and kind = 'HOOK'
      order by id limit ${limit} for update))
    returning ${hookColumns(tx)}`;
  if (hooks.length === 0) return [];
  const version = await bumpConfigVersion(tx, projectId);
  const ids = hooks.map(({ id }) => id);
  const [waiting] = await Promise.all([
    tx<{ id: string }[]>`
      select id from unnest(${ids}::uuid[]) as x(id)
      where exists (select from signalbox.queue q where q.project_id = ${projectId} and q.hook_id = x.id)`,
    insertHookVersions(tx, projectId, ids, version),
  ]);
  await writeToFeed(
    tx,
    projectId,
    waiting.length > 0 ? [queueSettling(tx, projectId, waiting)] : [],
    [
      publish(
        tx,
        projectId,
        hooks.map((hook) => hookItem(hook)),
      ),
    ],
  );
  return ids;
}

/**
 * Deletes or disables hooks whose target asked for it, keeping the reason for their history. Only active ones are
 * disabled. Returns those that it changed.
 */
export async function retireHooks(
  tx: Tx,
  projectId: string,
  leaving: Leaving[],
): Promise<HookRow[]> {
  const rows = await tx<HookRow[]>`
    update signalbox.hooks h set status = x.status, status_reason = x.reason, updated_at = now()
    from unnest(${leaving.map((one) => one.hookId)}::uuid[], ${leaving.map((one) => one.status)}::text[],
      ${leaving.map((one) => one.reason)}::text[]) as x(hook_id, status, reason)
    where h.project_id = ${projectId} and h.id = x.hook_id
      and (h.status = 'ACTIVE' or x.status = 'DELETED' and h.status <> 'DELETED')
    returning ${hookColumns(tx)}`;
  for (const row of rows) await recordHookVersion(tx, row);
  return rows;
}
