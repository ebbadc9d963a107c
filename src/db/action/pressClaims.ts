import { randomUUID } from "node:crypto";
import type { Pool, Sql, Tx } from "../connection/client.ts";
import type { AttemptRow } from "../delivery/deliveries.ts";
import { insertAttempts } from "../delivery/finish.ts";
import { type Accepting, accept } from "../event/accept.ts";
import { type EventHead, eventHeadColumns } from "../event/events.ts";
import { writeToFeed } from "../feed/record.ts";
import { type ActionRow, actionColumns, recordPresses } from "./actions.ts";
import type { PressRow } from "./presses.ts";

/** A press that was taken by this process, fenced by its token, with all that its one call is made of. */
export type PressClaim = {
  projectId: string;
  pressId: string;
  token: string;
  pressedBy: string;
  pressedAt: Date;
  claimedAt: Date;
  /** The database's clock, in seconds since 1970: the one `webhook-timestamp` goes by. */
  nowSeconds: number;
  action: ActionRow;
  event: EventHead;
};

/** What came of a press. */
export type PressFinish = {
  projectId: string;
  pressId: string;
  token: string;
  attempt: Omit<AttemptRow, "projectId" | "deliveryId">;
  status: "SUCCEEDED" | "FAILED" | "UNKNOWN";
  error: string | null;
};

/** A claim holds for the call's 10 s and this; a process that lives longer without finishing is fenced. */
const LEASE_MS = 25_000;
/** A person does not wait longer than this: what nobody has taken by then is not sent any more. */
const MAX_WAIT_S = 60;

/** Why a press that waits is not to be sent; null when it is. */
const refusal = (sql: Sql) => sql`case
  when a.expires_at <= clock_timestamp() then 'not sent: the action expired before its turn came'
  when e.status = 'CANCELLED' then 'not sent: the event was cancelled'
  when p.pressed_at < clock_timestamp() - ${MAX_WAIT_S} * interval '1 second'
    then ${`not sent: no worker took it within ${MAX_WAIT_S} s`} end`;

/**
 * Takes a press for its one call; null when somebody has it or had it, or when it is not to be sent: the action
 * expired, its event was cancelled, or it waited longer than a person does. It then FAILED here.
 */
export async function claimPress(
  sql: Pool,
  workerId: string,
  { projectId, pressId }: { projectId: string; pressId: string },
): Promise<PressClaim | null> {
  return sql.begin(async (tx) => {
    const [waiting] = await tx<{ refusal: string | null }[]>`
      select ${refusal(tx)} as refusal from signalbox.presses p
      join signalbox.actions a on a.project_id = p.project_id and a.id = p.action_id
      join signalbox.events e on e.project_id = a.project_id and e.id = a.event_id
      where p.project_id = ${projectId} and p.id = ${pressId} and p.status = 'PENDING' and p.lease_token is null
      for update of p skip locked`;
    if (!waiting) return null;
    if (waiting.refusal !== null) {
      await end(tx, projectId, [{ id: pressId, status: "FAILED", error: waiting.refusal }]);
      return null;
    }
    const [claim] = await tx<
      (Pick<PressClaim, "projectId" | "pressId" | "token" | "pressedBy" | "pressedAt"> & {
        leaseUntil: Date;
      })[]
    >`
      update signalbox.presses p set lease_worker = ${workerId}, lease_token = ${randomUUID()},
        lease_until = statement_timestamp() + ${LEASE_MS} * interval '1 millisecond'
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
    const claimedAt = new Date(leaseUntil.getTime() - LEASE_MS);
    const nowSeconds = Math.floor(claimedAt.getTime() / 1_000);
    return { ...taken, claimedAt, nowSeconds, action, event };
  });
}

/** Gives a press back whose call could not be begun: nothing was sent, and whoever takes it next may. */
export const handBackPress = (
  sql: Pool,
  { projectId, pressId, token }: Pick<PressClaim, "projectId" | "pressId" | "token">,
) => sql`
  update signalbox.presses set lease_worker = null, lease_token = null, lease_until = null
  where project_id = ${projectId} and id = ${pressId} and lease_token = ${token} and status = 'PENDING'`;

/** The events that the hub tells of a press, planned under this version of the configuration. */
type SystemEvents = Omit<Accepting, "projectId">;

type Ended = Pick<PressRow, "id" | "error"> & { status: PressFinish["status"] };

/**
 * Ends presses, and with each its action's RUNNING: COMPLETE after a success, else what it was before, with what went
 * wrong. Rows are locked in the order press, action; a press that has just been made is known to nobody else.
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
 * Writes what came of a press, with what is said of it (refused, isStaleConfig, when the configuration has changed since
 * that was planned). Gives back whether it counted: a process that was taken for dead has lost its claim, and only the
 * record of the call is written.
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
    // Retention may have removed it.
    if (!press) return false;
    await insertAttempts(tx, projectId, [{ deliveryId: id, attempt }]);
    if (press.isHeld) await end(tx, projectId, [{ id, status, error }], systemEvents);
    return press.isHeld;
  });

/** Presses that no worker has taken for so long: their wake-up is lost. */
export const overduePresses = (sql: Sql, overdueMs: number) => sql<
  { projectId: string; id: string }[]
>`
  select project_id as "projectId", id from signalbox.presses
  where status = 'PENDING' and lease_token is null
    and pressed_at <= now() - ${overdueMs} * interval '1 millisecond'
  limit 1000`;

const OUTCOME_UNKNOWN = "outcome unknown: the process that sent it died before the answer came";

/**
 * Ends, as UNKNOWN, presses whose claim ran out or whose worker is dead: the target may have got them, so they are
 * shown, and never sent again. Gives back how many there were.
 */
export async function recoverPresses(sql: Pool, deadWorkers: string[]): Promise<number> {
  const projects = await sql<{ projectId: string }[]>`
    select distinct p.project_id as "projectId" from signalbox.presses p where ${isLost(sql, deadWorkers)}`;
  let recovered = 0;
  for (const { projectId } of projects)
    recovered += await recoverProject(sql, projectId, deadWorkers);
  return recovered;
}

const isLost = (
  sql: Sql,
  deadWorkers: string[],
) => sql`p.status = 'PENDING' and p.lease_token is not null
  and (p.lease_until <= clock_timestamp() or p.lease_worker = any(${deadWorkers}::uuid[]))`;

const recoverProject = (sql: Pool, projectId: string, deadWorkers: string[]): Promise<number> =>
  sql.begin(async (tx) => {
    const lost = await tx<{ id: string; claimedAt: Date }[]>`
      select p.id, p.lease_until - ${LEASE_MS} * interval '1 millisecond' as "claimedAt" from signalbox.presses p
      where p.project_id = ${projectId} and ${isLost(tx, deadWorkers)}
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
