/**
 * The handshakes of hooks whose target has to consent first. What is still to be asked is in the hook's own row
 * (`handshake_due_at`), so a lost job or a dead process costs seconds: the reconciler finds it.
 */
import type { Pool, Sql, Tx } from "../connection/client.ts";
import { addJobs, type HookQueue, type JobSpec } from "../queue/jobs.ts";
import { type HookRow, hookColumns } from "./hooks.ts";

/** How long an asking process may take longer than the hook's timeout before another asks in its place. */
const LEASE_MARGIN_MS = 5_000;

/** A handshake that this process is to make; `sealed` also tells it from one that was begun later. */
export type ClaimedHandshake = { hook: HookRow; sealed: string; attempt: number };

/** The job that makes a hook's handshake. */
export const handshakeJob = ({ projectId, hookId }: HookQueue, runAt?: Date): JobSpec => ({
  identifier: "handshake",
  payload: { projectId, hookId },
  key: `handshake:${hookId}`,
  ...(runAt && { runAt }),
});

const ofHook = (sql: Sql, { projectId, id }: Pick<HookRow, "projectId" | "id">) =>
  sql`h.project_id = ${projectId} and h.id = ${id}`;

/** Begins a handshake anew: what was asked before no longer counts. */
export async function beginHandshake(
  tx: Tx,
  hook: Pick<HookRow, "projectId" | "id">,
  sealed: string,
): Promise<void> {
  await tx`update signalbox.hooks h set handshake = ${sealed}, handshake_attempts = 0, handshake_due_at = now()
    where ${ofHook(tx, hook)}`;
  await addJobs(tx, [handshakeJob({ projectId: hook.projectId, hookId: hook.id })]);
}

/** Takes a handshake that is due; undefined when there is none, or another process has it. */
export async function claimHandshake(
  sql: Sql,
  { projectId, hookId }: HookQueue,
): Promise<ClaimedHandshake | undefined> {
  const [row] = await sql<(HookRow & { sealed: string; attempt: number })[]>`
    update signalbox.hooks h set handshake_attempts = h.handshake_attempts + 1,
      handshake_due_at =
      (now() at time zone 'UTC' + (h.timeout_ms + ${LEASE_MARGIN_MS}) * interval '1 millisecond') at time zone 'UTC'
    where ${ofHook(sql, { projectId, id: hookId })} and h.status = 'PENDING_VERIFICATION'
      and h.handshake_due_at <= now()
    returning ${hookColumns(sql)}, h.handshake as sealed, h.handshake_attempts as attempt`;
  if (!row) return undefined;
  const { sealed, attempt, ...hook } = row;
  return { hook, sealed, attempt };
}

/** What the target of a hook was last asked to echo, sealed; null for a hook that needs no handshake. */
export async function sealedHandshake(
  tx: Tx,
  hook: Pick<HookRow, "projectId" | "id">,
): Promise<string | null> {
  const [row] = await tx<{ handshake: string | null }[]>`
    select h.handshake from signalbox.hooks h where ${ofHook(tx, hook)}`;
  return row?.handshake ?? null;
}

/** Ends the asking; or asks again in so many milliseconds. */
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

/** Has a handshake that could not be made begin later; it counts as not asked. */
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

/** Hooks whose handshake has been due for so long: its job is lost, or the process that asked is dead. */
export const overdueHandshakes = (sql: Sql, overdueMs: number) => sql<HookQueue[]>`
  select project_id as "projectId", id as "hookId" from signalbox.hooks
  where handshake_due_at <= now() - ${overdueMs} * interval '1 millisecond' and status = 'PENDING_VERIFICATION'
  limit 1000`;
