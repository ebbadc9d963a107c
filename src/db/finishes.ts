import { among } from "./among.ts";
import { type PlannedVersions, writeToFeed } from "./changes.ts";
import type { Pool, Tx } from "./client.ts";
import type { AttemptRow } from "./deliveries.ts";
import {
  completeEvents,
  type MovedDelivery,
  movedColumns,
  recordMoves,
  runsOf,
} from "./deliveryChanges.ts";
import {
  insertDeliveries,
  insertEvents,
  type NewDelivery,
  type NewEvent,
  recordEvents,
  recordNewDeliveries,
} from "./emits.ts";
import { countOutcomes } from "./health.ts";
import { recordHook, retireHooks } from "./hookChanges.ts";
import { moveWaiting, queueSettling } from "./hookDeliveries.ts";
import type { HookRow } from "./hooks.ts";
import { addJobs, type JobSpec } from "./jobs.ts";
import { lockFeed } from "./locks.ts";
import { advanceJobs } from "./workflowRuns.ts";

/** One attempt that is over, and what it means for its delivery. */
export type Finish = {
  projectId: string;
  deliveryId: string;
  eventId: string;
  hookId: string;
  token: string;
  attempt: Omit<AttemptRow, "projectId" | "deliveryId">;
  status: "SUCCEEDED" | "RETRYING" | "FAILED" | "GONE";
  /** Milliseconds to the next attempt, when RETRYING. */
  delayMs: number | null;
  /** True when the attempt does not count against the tries: this process was stopping. */
  free: boolean;
  /** What system events say of it beside; null when the project wants none, or the event is one itself. */
  call: {
    eventId: string;
    eventType: string;
    url: string;
    method?: string;
    body: string;
    resthook?: string;
  } | null;
};

export type Moved = MovedDelivery & { dueAt: Date | null; dueInMs: number | null };

/** The events that tell of finished attempts, planned under these config versions. */
export type SaidOfFinishes = {
  events: NewEvent[];
  deliveries: NewDelivery[];
  versions: PlannedVersions;
};

/** What is to be said of attempts that are recorded, once it is known how deliveries moved and which hooks are gone. */
export type SayOfFinishes = (
  recorded: Finish[],
  moved: Moved[],
  retired: HookRow[],
) => SaidOfFinishes;

/** The attempts' records. One that another process gave up as UNKNOWN is replaced by what really happened. */
export const insertAttempts = (
  tx: Tx,
  finishes: Pick<Finish, "projectId" | "deliveryId" | "attempt">[],
) => tx<{ deliveryId: string; number: number }[]>`
  insert into signalbox.attempts (project_id, delivery_id, number, started_at, elapsed_ms, outcome,
    status_code, error, remote_address, request_headers, response_headers, response_body, response_truncated)
  select project_id, delivery_id, number, started_at, elapsed_ms, outcome, status_code, error, remote_address,
    request_headers::json, response_headers::json, response_body, response_truncated
  from unnest(${finishes.map((f) => f.projectId)}::uuid[], ${finishes.map((f) => f.deliveryId)}::uuid[],
    ${finishes.map((f) => f.attempt.number)}::smallint[],
    ${finishes.map((f) => f.attempt.startedAt.toISOString())}::timestamptz[],
    ${finishes.map((f) => f.attempt.elapsedMs)}::int[],
    ${finishes.map((f) => f.attempt.outcome)}::text[], ${finishes.map((f) => f.attempt.statusCode)}::smallint[],
    ${finishes.map((f) => f.attempt.error)}::text[], ${finishes.map((f) => f.attempt.remoteAddress)}::text[],
    ${finishes.map((f) => JSON.stringify(f.attempt.requestHeaders))}::text[],
    ${finishes.map((f) => f.attempt.responseHeaders && JSON.stringify(f.attempt.responseHeaders))}::text[],
    ${finishes.map((f) => f.attempt.responseBody)}::text[],
    ${finishes.map((f) => String(f.attempt.responseTruncated))}::text[]::boolean[])
    as x(project_id, delivery_id, number, started_at, elapsed_ms, outcome, status_code, error, remote_address,
      request_headers, response_headers, response_body, response_truncated)
  on conflict (project_id, delivery_id, number) do update set started_at = excluded.started_at,
    elapsed_ms = excluded.elapsed_ms, outcome = excluded.outcome, status_code = excluded.status_code,
    error = excluded.error, remote_address = excluded.remote_address,
    request_headers = excluded.request_headers, response_headers = excluded.response_headers,
    response_body = excluded.response_body, response_truncated = excluded.response_truncated
  where attempts.outcome = 'UNKNOWN'
  returning delivery_id as "deliveryId", number`;

/**
 * Moves the deliveries out of their claims, fenced by the tokens. A hook that was paused or deleted meanwhile gets
 * no further try; its row is share-locked so that a pause that is being committed is waited for and seen. By
 * "not distinct" and not "=", which would let the index of all that is in flight be read for each of them: it is empty,
 * and looks cheap, when statistics are made of a hub at rest.
 */
const moveDeliveries = (tx: Tx, finishes: Finish[]) => tx<Moved[]>`
  with x as (
    select * from unnest(${finishes.map((f) => f.projectId)}::uuid[], ${finishes.map((f) => f.deliveryId)}::uuid[],
      ${finishes.map((f) => f.hookId)}::uuid[], ${finishes.map((f) => f.token)}::uuid[],
      ${finishes.map((f) => f.status)}::text[], ${finishes.map((f) => f.delayMs)}::int[],
      ${finishes.map((f) => f.attempt.error)}::text[], ${finishes.map((f) => String(f.free))}::text[]::boolean[])
      as x(project_id, id, hook_id, token, status, delay_ms, error, free)
  ), hook as (
    select project_id, id, status from signalbox.hooks
    where (project_id, id) in (select project_id, hook_id from x where status = 'RETRYING') for share
  ), verdict as (
    select x.*, case when x.status <> 'RETRYING' or hook.status = 'ACTIVE' then x.status
      when hook.status = 'DELETED' then 'CANCELLED' else 'PARKED' end as final
    from x left join hook on hook.project_id = x.project_id and hook.id = x.hook_id
  )
  update signalbox.deliveries d set status = v.final, lease_worker = null, lease_token = null, lease_until = null,
    max_attempts = d.max_attempts + v.free::int, last_error = case when v.final <> 'SUCCEEDED' then v.error end,
    unknown_count = case when v.free then d.unknown_count else 0 end,
    due_at = case v.final when 'RETRYING' then clock_timestamp() + v.delay_ms * interval '1 millisecond' end,
    completed_at = case when v.final in ('RETRYING', 'PARKED') then null else clock_timestamp() end
  from verdict v
  where d.project_id = v.project_id and d.id = v.id and d.lease_token is not distinct from v.token
    and ${among(
      tx,
      tx`d.event_id`,
      finishes.map((f) => f.eventId),
    )}
  returning ${movedColumns(tx)}, d.due_at as "dueAt",
    (extract(epoch from d.due_at - clock_timestamp()) * 1000)::float8 as "dueInMs"`;

/**
 * One wake-up a lane and second for the retries: a dead hook with 10,000 of them makes few jobs. Sorted by key, so
 * that two batches with the same ones wait for each other in one direction only.
 */
function retryJobs(moved: Moved[]): JobSpec[] {
  const jobs = new Map<string, JobSpec>();
  for (const { dueAt, projectId, hookId } of moved) {
    if (!dueAt) continue;
    const second = Math.ceil(dueAt.getTime() / 1_000);
    const key = `lane:${hookId}:${second}`;
    const payload = { lanes: [[projectId, hookId] as [string, string]] };
    jobs.set(key, { identifier: "deliver", payload, key, runAt: new Date(second * 1_000) });
  }
  return [...jobs.keys()].sort().flatMap((key) => jobs.get(key) ?? []);
}

/** Deletes the hooks whose target said it is gone. */
async function retireGone(tx: Tx, finishes: Finish[], moved: Moved[]) {
  const codes = new Map(
    finishes.map(({ deliveryId, attempt }) => [deliveryId, attempt.statusCode]),
  );
  const gone = moved
    .filter(({ status }) => status === "GONE")
    .map(
      ({ projectId, hookId, id }) =>
        [hookId, { projectId, hookId, reason: `target answered ${codes.get(id)}` }] as const,
    );
  return gone.length === 0 ? [] : retireHooks(tx, [...new Map(gone).values()]);
}

/**
 * Finishes a batch of attempts in one transaction: attempt records, states, retries' wake-ups, feed rows. Gives
 * back the deliveries that moved; an attempt whose claim was taken over is recorded and changes nothing. What `say` makes of
 * them is written with them: refused (isStaleConfig) when the configuration has changed since it was planned.
 */
export const finishAttempts = (
  sql: Pool,
  finishes: Finish[],
  say: SayOfFinishes,
): Promise<{ moved: Moved[]; said: SaidOfFinishes }> =>
  sql.begin(async (tx) => {
    const [recorded, moved] = await Promise.all([
      insertAttempts(tx, finishes),
      moveDeliveries(tx, finishes),
    ]);
    const retired = await retireGone(tx, finishes, moved);
    if (retired.length > 0) {
      // Only a hook that is gone needs the lock earlier: an emit must not add a delivery behind the cancelling.
      await lockFeed(tx);
      for (const hook of retired) await moveWaiting(tx, hook, "DELETED");
    }
    const ended = moved.filter(({ status }) => status !== "RETRYING" && status !== "PARKED");
    const jobs = [...retryJobs(moved), ...advanceJobs(runsOf(ended))];
    const keys = new Set(recorded.map(({ deliveryId, number }) => `${deliveryId} ${number}`));
    const said = say(
      finishes.filter(({ deliveryId, attempt }) => keys.has(`${deliveryId} ${attempt.number}`)),
      moved,
      retired,
    );
    await writeToFeed(
      tx,
      [
        ...(said.events.length > 0 ? [insertEvents(tx, said.events)] : []),
        ...(said.deliveries.length > 0 ? [insertDeliveries(tx, said.deliveries)] : []),
        ...(jobs.length > 0 ? [addJobs(tx, jobs)] : []),
        ...retired.map((hook) => queueSettling(tx, hook)),
      ],
      [
        recordMoves(tx, moved),
        ...retired.map((hook) => recordHook(tx, hook)),
        ...(ended.length > 0 ? [completeEvents(tx, ended)] : []),
        ...(said.events.length > 0 ? [recordEvents(tx, said.events, true)] : []),
        ...(said.deliveries.length > 0 ? [recordNewDeliveries(tx, said.deliveries)] : []),
        ...(moved.length > 0 ? [countOutcomes(tx, moved)] : []),
      ],
      said.versions,
    );
    return { moved, said };
  });
