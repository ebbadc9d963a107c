import { randomUUID } from "node:crypto";
import type { Pool, Sql, Tx } from "../connection/client.ts";
import type { AttemptRow } from "../delivery/deliveries.ts";
import { insertAttempts } from "../delivery/finish.ts";
import { type Accepting, accept } from "../event/accept.ts";
import { type EventHead, eventHeadColumns } from "../event/events.ts";
import { writeToFeed } from "../feed/record.ts";
import { type ActionRow, actionColumns, recordPresses } from "./actions.ts";
import type { PressRow } from "./presses.ts";

/** A press claimed by this process, fenced by its token, with everything its one call needs. */
export type PressClaim = {
  projectId: string;
  pressId: string;
  token: string;
  pressedBy: string;
  pressedAt: Date;
  claimedAt: Date;
  /** The database's clock in seconds since 1970, for `webhook-timestamp`. */
  nowSeconds: number;
  action: ActionRow;
  event: EventHead;
};

/** The outcome of a press. */
export type PressFinish = {
  projectId: string;
  pressId: string;
  token: string;
  attempt: Omit<AttemptRow, "projectId" | "deliveryId">;
  status: "SUCCEEDED" | "FAILED" | "UNKNOWN";
  error: string | null;
};

/** Why a waiting press must not be sent; null if it may. */
const whyNotSent = (sql: Sql, waitSeconds: number) => sql`case
  when a.expires_at <= clock_timestamp() then 'not sent: the action expired before its turn came'
  when e.status = 'CANCELLED' then 'not sent: the event was cancelled'
  when p.pressed_at < clock_timestamp() - ${waitSeconds} * interval '1 second'
    then ${`not sent: no worker took it within ${waitSeconds} s`} end`;

/**
 * Claims a press for its one call. Returns null if it is or was claimed, or must not be sent: the action expired, its
 * event was cancelled, or it waited too long. Then it is set to FAILED here.
 */
export async function claimPress(
  sql: Pool,
  workerId: string,
  { projectId, pressId }: { projectId: string; pressId: string },
  { waitSeconds, leaseMs }: { waitSeconds: number; leaseMs: number },
): Promise<PressClaim | null> {
  return sql.begin(async (tx) => {
    const [waiting] = await tx<{ reason: string | null }[]>`
      select ${whyNotSent(tx, waitSeconds)} as reason from signalbox.presses p
      join signalbox.actions a on a.project_id = p.project_id and a.id = p.action_id
      join signalbox.events e on e.project_id = a.project_id and e.id = a.event_id
      where p.project_id = ${projectId} and p.id = ${pressId} and p.status = 'PENDING' and p.lease_token is null
      for update of p skip locked`;
    if (!waiting) return null;
    if (waiting.reason !== null) {
      await end(tx, projectId, [{ id: pressId, status: "FAILED", error: waiting.reason }]);
      return null;
    }
    const [claim] = await tx<
      (Pick<PressClaim, "projectId" | "pressId" | "token" | "pressedBy" | "pressedAt"> & {
        leaseUntil: Date;
      })[]
    >`
      update signalbox.presses p set lease_worker = ${workerId}, lease_token = ${randomUUID()},
        lease_until = statement_timestamp() + ${leaseMs} * interval '1 millisecond'
      where p.project_id = ${projectId} and p.id = ${pressId}
      returning p.project_id as "projectId", p.id as "pressId", p.lease_token as token,
        p.pressed_by as "pressedBy", p.pressed_at as "pressedAt", p.lease_until as "leaseUntil"`;
    const [action] = await tx<ActionRow[]>`select ${actionColumns(tx)} from signalbox.actions a
      join signalbox.presses p on p.project_id = a.project_id and p.action_id = a.id
      where p.project_id = ${projectId} and p.id = ${pressId}`;
    const [event] = await tx<EventHead[]>`select ${eventHeadColumns(tx)} from signalbox.events e
      where e.project_id = ${projectId} and e.id = ${action?.eventId ?? null}`;
    if (!claim || !action || !event) return null;
    const { leaseUntil, ...taken } = claim;
    const claimedAt = new Date(leaseUntil.getTime() - leaseMs);
    const nowSeconds = Math.floor(claimedAt.getTime() / 1_000);
    return { ...taken, claimedAt, nowSeconds, action, event };
  });
}

/** Releases a press whose call could not start: nothing was sent, so any process may claim it. */
export const handBackPress = (
  sql: Pool,
  { projectId, pressId, token }: Pick<PressClaim, "projectId" | "pressId" | "token">,
) => sql`
  update signalbox.presses set lease_worker = null, lease_token = null, lease_until = null
  where project_id = ${projectId} and id = ${pressId} and lease_token = ${token} and status = 'PENDING'`;

/** The system events about a press, planned under one config version. */
type SystemEvents = Omit<Accepting, "projectId">;

type Ended = Pick<PressRow, "id" | "error"> & { status: PressFinish["status"] };

/**
 * Ends presses, and the RUNNING of their actions: COMPLETE after a success, otherwise the previous status with the
 * error. Rows are locked in the order press, action. A new press is not visible to others yet.
 */
async function end(
  tx: Tx,
  projectId: string,
  ended: Ended[],
  systemEvents?: SystemEvents,
): Promise<void> {
  await writeToFeed(
    tx,
    projectId,
    [
      tx`
        with x as (
          select *, statement_timestamp() as at from unnest(${ended.map((e) => e.id)}::uuid[], ${ended.map((e) => e.status)}::text[],
            ${ended.map((e) => e.error)}::text[]) as x(id, status, error)
        ), press as (
          update signalbox.presses p set status = x.status, error = x.error, finished_at = x.at
          from x where p.project_id = ${projectId} and p.id = x.id
          returning p.project_id, p.action_id, p.status, p.error, x.at
        )
        update signalbox.actions a set last_error = press.error,
          status = case when press.status = 'SUCCEEDED' or a.completed_at is not null then 'COMPLETE' else 'PENDING' end,
          completed_at = case when press.status = 'SUCCEEDED' then press.at else a.completed_at end
        from press where a.project_id = press.project_id and a.id = press.action_id`,
    ],
    [recordPresses(tx, projectId, ended)],
  );
  if (systemEvents && systemEvents.events.length > 0)
    await accept(tx, { projectId, ...systemEvents });
}

/**
 * Stores the outcome of a press with its system events. Fails (isStaleConfig) if the configuration has changed since
 * they were planned. Returns whether the outcome counted: a process that was declared dead has lost its claim, and only
 * its attempt is stored.
 */
export const finishPress = (
  sql: Pool,
  finish: PressFinish,
  systemEvents?: SystemEvents,
): Promise<boolean> =>
  sql.begin(async (tx) => {
    const { projectId, pressId: id, token, attempt, status, error } = finish;
    const [press] = await tx<{ isHeld: boolean }[]>`
      select lease_token = ${token} and status = 'PENDING' as "isHeld" from signalbox.presses
      where project_id = ${projectId} and id = ${id} for update`;
    // Retention may have deleted it.
    if (!press) return false;
    await insertAttempts(tx, projectId, [{ deliveryId: id, attempt }]);
    if (press.isHeld) await end(tx, projectId, [{ id, status, error }], systemEvents);
    return press.isHeld;
  });

/** Presses that no worker has claimed for this long: their wake-up is lost. */
export const overduePresses = (sql: Sql, overdueMs: number) => sql<
  { projectId: string; id: string }[]
>`
  select project_id as "projectId", id from signalbox.presses
  where status = 'PENDING' and lease_token is null
    and pressed_at <= now() - ${overdueMs} * interval '1 millisecond'
  limit 1000`;

const OUTCOME_UNKNOWN = "outcome unknown: the process that sent it died before the answer came";

/** Which claims are lost: those of dead workers, and expired ones. `leaseMs` tells when a press was claimed. */
type LostClaims = { deadWorkers: string[]; leaseMs: number };

/**
 * Ends presses with an expired lease or a dead worker as UNKNOWN: the target may have received them, so they are shown
 * and never sent again. Returns their number.
 */
export async function recoverPresses(sql: Pool, claims: LostClaims): Promise<number> {
  const projects = await sql<{ projectId: string }[]>`
    select distinct p.project_id as "projectId" from signalbox.presses p where ${isLost(sql, claims)}`;
  let recovered = 0;
  for (const { projectId } of projects) recovered += await recoverProject(sql, projectId, claims);
  return recovered;
}

const isLost = (
  sql: Sql,
  { deadWorkers }: LostClaims,
) => sql`p.status = 'PENDING' and p.lease_token is not null
  and (p.lease_until <= clock_timestamp() or p.lease_worker = any(${deadWorkers}::uuid[]))`;

const recoverProject = (sql: Pool, projectId: string, claims: LostClaims): Promise<number> =>
  sql.begin(async (tx) => {
    const lost = await tx<{ id: string; claimedAt: Date }[]>`
      select p.id, p.lease_until - ${claims.leaseMs} * interval '1 millisecond' as "claimedAt" from signalbox.presses p
      where p.project_id = ${projectId} and ${isLost(tx, claims)}
      order by p.id for update of p skip locked`;
    if (lost.length === 0) return 0;
    await tx`
      insert into signalbox.earlier_attempts (project_id, delivery_id, number, started_at, elapsed_ms, outcome, error,
        request_headers)
      select ${projectId}, id, 1, claimed_at, 0, 'UNKNOWN', ${OUTCOME_UNKNOWN}, '{}'
      from unnest(${lost.map((l) => l.id)}::uuid[], ${lost.map((l) => l.claimedAt.toISOString())}::timestamptz[])
        as x(id, claimed_at)
      on conflict do nothing`;
    await end(
      tx,
      projectId,
      lost.map(({ id }) => ({ id, status: "UNKNOWN" as const, error: OUTCOME_UNKNOWN })),
    );
    return lost.length;
  });
