/**
 * Handshakes of hooks whose target must consent first. A pending handshake is in the hook's own row
 * (`handshake_due_at`), so a lost job or a dead process only costs seconds: the reconciler finds it.
 */
import type { Pool, Sql, Tx } from "../connection/client.ts";
import { addJobs, type HookQueue, type JobSpec } from "../queue/jobs.ts";
import { type HookRow, hookColumns } from "./hooks.ts";

/** A handshake claimed by this process; `sealed` also distinguishes it from a later one. */
export type ClaimedHandshake = { hook: HookRow; sealed: string; attempt: number };

/** The job for a hook's handshake. */
export const handshakeJob = ({ projectId, hookId }: HookQueue, runAt?: Date): JobSpec => ({
  identifier: "handshake",
  payload: { projectId, hookId },
  key: `handshake:${hookId}`,
  ...(runAt && { runAt }),
});

const ofHook = (sql: Sql, { projectId, id }: Pick<HookRow, "projectId" | "id">) =>
  sql`h.project_id = ${projectId} and h.id = ${id}`;

/** Starts a new handshake: the previous value no longer counts. */
export async function beginHandshake(
  tx: Tx,
  hook: Pick<HookRow, "projectId" | "id">,
  sealed: string,
): Promise<void> {
  await tx`update signalbox.hooks h set handshake = ${sealed}, handshake_attempts = 0, handshake_due_at = now()
    where ${ofHook(tx, hook)}`;
  await addJobs(tx, [handshakeJob({ projectId: hook.projectId, hookId: hook.id })]);
}

/**
 * Claims a due handshake; undefined if none is due or another process has it. `leaseMarginMs`: the lease beyond the
 * hook's timeout.
 */
export async function claimHandshake(
  sql: Sql,
  { projectId, hookId }: HookQueue,
  leaseMarginMs: number,
): Promise<ClaimedHandshake | undefined> {
  const [row] = await sql<(HookRow & { sealed: string; attempt: number })[]>`
    update signalbox.hooks h set handshake_attempts = h.handshake_attempts + 1,
      handshake_due_at =
      (now() at time zone 'UTC' + (h.timeout_ms + ${leaseMarginMs}) * interval '1 millisecond') at time zone 'UTC'
    where ${ofHook(sql, { projectId, id: hookId })} and h.status = 'PENDING_VERIFICATION'
      and h.handshake_due_at <= now()
    returning ${hookColumns(sql)}, h.handshake as sealed, h.handshake_attempts as attempt`;
  if (!row) return undefined;
  const { sealed, attempt, ...hook } = row;
  return { hook, sealed, attempt };
}

/** The sealed value that the target was last asked to echo; null if no handshake is needed. */
export async function sealedHandshake(
  tx: Tx,
  hook: Pick<HookRow, "projectId" | "id">,
): Promise<string | null> {
  const [row] = await tx<{ handshake: string | null }[]>`
    select h.handshake from signalbox.hooks h where ${ofHook(tx, hook)}`;
  return row?.handshake ?? null;
}

/** Ends the requests, or schedules another after some milliseconds. */
export async function askAgain(
  tx: Tx,
  hook: Pick<HookRow, "projectId" | "id">,
  inMs: number | null,
): Promise<void> {
  const [row] = await tx<{ dueAt: Date | null }[]>`
    update signalbox.hooks h
    set handshake_due_at = date_trunc('milliseconds', statement_timestamp() + ${inMs}::int * interval '1 millisecond')
    where ${ofHook(tx, hook)} returning h.handshake_due_at as "dueAt"`;
  if (row?.dueAt)
    await addJobs(tx, [handshakeJob({ projectId: hook.projectId, hookId: hook.id }, row.dueAt)]);
}

/** Postpones a handshake that could not be made; it does not count as a request. */
export const postponeHandshake = (
  sql: Pool,
  { hook, sealed }: ClaimedHandshake,
  waitMs: number,
): Promise<void> =>
  sql.begin(async (tx) => {
    const postponed =
      await tx`update signalbox.hooks h set handshake_attempts = h.handshake_attempts - 1
      where ${ofHook(tx, hook)} and h.handshake = ${sealed} and h.status = 'PENDING_VERIFICATION' returning h.id`;
    if (postponed.length > 0) await askAgain(tx, hook, waitMs);
  });

/** Hooks whose handshake has been due for this long: its job is lost, or its process died. */
export const overdueHandshakes = (sql: Sql, overdueMs: number) => sql<HookQueue[]>`
  select project_id as "projectId", id as "hookId" from signalbox.hooks
  where handshake_due_at <= now() - ${overdueMs} * interval '1 millisecond' and status = 'PENDING_VERIFICATION'
  limit 1000`;
