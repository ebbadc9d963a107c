import type { Pool, Tx } from "./client.ts";
import type { EventOrigin } from "./events.ts";
import { type HookFormat, type HookRow, hookColumns } from "./hooks.ts";
import { tryLockLanes } from "./locks.ts";

/** How many deliveries of a lane are wanted, and how many of its attempts this process has in flight. */
export type ClaimWish = { projectId: string; hookId: string; room: number; inFlight: number };

/** A lane as found under its lock. */
export type LaneState = {
  hook: HookRow;
  source: string;
  /** Whether the project has the hub record what it does (`Project.systemEvents`). */
  systemEvents: boolean;
  /** Attempts that other processes have in flight. */
  others: number;
  /** Milliseconds from now to the rate limit's theoretical arrival time; below 0 when it lies in the past. */
  rateAheadMs: number;
  /** Milliseconds to the lane's next delivery that is not due yet. */
  nextDueMs: number | null;
  /** Whether something is due that two processes have died of, or beside. */
  hasSuspect: boolean;
  /** The database's clock, in seconds since 1970: the one `webhook-timestamp` goes by. */
  nowSeconds: number;
};

/** A delivery claimed for one attempt, fenced by its token: to a hook, or as a workflow's step. */
export type Claim = HookClaim | StepClaim;
export type HookClaim = ClaimBase & { format: HookFormat };
/** `position` is the step's in its run; `request` is sealed. */
export type StepClaim = ClaimBase & {
  format: "STEP";
  runId: string;
  position: number;
  request: string;
};

type ClaimBase = {
  projectId: string;
  deliveryId: string;
  eventId: string;
  hookId: string;
  token: string;
  /** By the database's clock; its attempt begins at once. */
  claimedAt: Date;
  attempt: number;
  maxAttempts: number;
  event: {
    id: string;
    type: string;
    data: string | null;
    occurredAt: Date;
    scheduledFor: Date | null;
    stepUuid: string | null;
    userId: string | null;
    contextId: string | null;
    subjectType: string | null;
    subjectId: string | null;
    origin: EventOrigin;
    /** What format RESOURCE sends, as JSON text; null for the other formats. */
    resource: string | null;
  };
};

/** A claim as one row. */
type ClaimedRow = ClaimBase["event"] & (Omit<HookClaim, "event"> | Omit<StepClaim, "event">);

function toClaim(row: ClaimedRow): Claim {
  const { id, type, data, occurredAt, scheduledFor, ...more } = row;
  const { stepUuid, userId, contextId, subjectType, subjectId, origin, resource, ...claim } = more;
  const about = { stepUuid, userId, contextId, subjectType, subjectId };
  const event = { id, type, data, occurredAt, scheduledFor, ...about, origin, resource };
  return { ...claim, event };
}

/** How many calls a second a hook may be sent: by its owner's limit and by its target's; null for no limit. */
export function ratePerSecond({
  rateLimitPerSecond,
  allowedPerMinute,
}: Pick<HookRow, "rateLimitPerSecond" | "allowedPerMinute">): number | null {
  if (allowedPerMinute === null) return rateLimitPerSecond;
  return Math.min(rateLimitPerSecond ?? Number.POSITIVE_INFINITY, allowedPerMinute / 60);
}

/** A claim holds for twice the hook's timeout and this; a process that lives longer without finishing is fenced. */
const LEASE_MARGIN_MS = 15_000;

// now() rather than clock_timestamp(): only what does not move within a statement can be looked up in an index, and
// a lane with 100,000 due deliveries would be read whole for the one that is due next.
const laneStates = (tx: Tx, workerId: string, wishes: ClaimWish[]) => tx<
  (HookRow & Omit<LaneState, "hook">)[]
>`
  select ${hookColumns(tx)}, p.source, p.system_events as "systemEvents", floor(extract(epoch from clock_timestamp()))::int as "nowSeconds",
    coalesce(extract(epoch from h.rate_tat - clock_timestamp()) * 1000, 0)::float8 as "rateAheadMs",
    (select extract(epoch from d.due_at - clock_timestamp()) * 1000 from signalbox.deliveries d
      where d.project_id = h.project_id and d.hook_id = h.id and d.status in ('PENDING', 'RETRYING')
        and d.due_at > now() order by d.due_at limit 1)::float8 as "nextDueMs",
    exists (select from signalbox.deliveries d
      where d.project_id = h.project_id and d.hook_id = h.id and d.status in ('PENDING', 'RETRYING')
        and d.due_at <= now() and d.lease_token is null and d.unknown_count >= 2) as "hasSuspect",
    (select count(*)::int from signalbox.deliveries d
      where d.project_id = h.project_id and d.hook_id = h.id and d.lease_token is not null
        and d.lease_worker <> ${workerId} and d.lease_until > clock_timestamp()) as others
  from unnest(${wishes.map((w) => w.projectId)}::uuid[], ${wishes.map((w) => w.hookId)}::uuid[])
    as x(project_id, hook_id)
  join signalbox.hooks h on h.project_id = x.project_id and h.id = x.hook_id
  join signalbox.projects p on p.id = h.project_id
  where h.status = 'ACTIVE'`;

// The 2 is written out: suspects have an index of their own.
const claimDue = (
  tx: Tx,
  workerId: string,
  lanes: { lane: LaneState; take: number }[],
  isSuspect: boolean,
) => tx<ClaimedRow[]>`
  with due as (
    select d.project_id, d.event_id, d.id, x.lease_ms
    from unnest(${lanes.map(({ lane }) => lane.hook.projectId)}::uuid[],
      ${lanes.map(({ lane }) => lane.hook.id)}::uuid[], ${lanes.map(({ take }) => take)}::int[],
      ${lanes.map(({ lane }) => lane.hook.timeoutMs * 2 + LEASE_MARGIN_MS)}::int[])
      as x(project_id, hook_id, take, lease_ms)
    cross join lateral (
      select d.project_id, d.event_id, d.id from signalbox.deliveries d
      where d.project_id = x.project_id and d.hook_id = x.hook_id and d.status in ('PENDING', 'RETRYING')
        and d.due_at <= now() and d.lease_token is null
        and ${isSuspect ? tx`d.unknown_count >= 2` : tx`d.unknown_count < 2`}
      order by d.due_at limit x.take for update skip locked
    ) d
    ${isSuspect ? tx`limit 1` : tx``}
  ), claimed as (
    update signalbox.deliveries d set attempt_count = d.attempt_count + 1, lease_worker = ${workerId},
      lease_token = gen_random_uuid(), lease_until = clock_timestamp() + due.lease_ms * interval '1 millisecond'
    from due where d.project_id = due.project_id and d.id = due.id
      and d.event_id >= (select event_id from due order by event_id limit 1)
      and d.event_id <= (select event_id from due order by event_id desc limit 1)
    returning d.project_id, d.id, d.event_id, d.hook_id, d.lease_token, d.attempt_count, d.max_attempts,
      d.format, d.run_id, d.step_position
  )
  select c.project_id as "projectId", c.id as "deliveryId", c.event_id as "eventId", c.hook_id as "hookId",
    c.lease_token as token, clock_timestamp() as "claimedAt", c.attempt_count as attempt, c.max_attempts as "maxAttempts", c.format,
    e.id, e.type, e.data::text as data, e.occurred_at as "occurredAt", e.scheduled_for as "scheduledFor",
    e.step_uuid as "stepUuid", e.user_id as "userId", e.context_id as "contextId",
    e.subject_type as "subjectType", e.subject_id as "subjectId", e.origin,
    case c.format when 'RESOURCE' then (select r.representation::text from signalbox.event_resources r
      where r.project_id = c.project_id and r.event_id = c.event_id) end as resource,
    c.run_id as "runId", c.step_position as position,
    case c.format when 'STEP' then (select s.request from signalbox.step_runs s
      where s.project_id = c.project_id and s.run_id = c.run_id and s.position = c.step_position) end as request
  from claimed c join signalbox.events e on e.project_id = c.project_id and e.id = c.event_id`;

const advanceRates = (tx: Tx, limited: { lane: LaneState; taken: number }[]) => tx`
  update signalbox.hooks h
  set rate_tat = greatest(h.rate_tat, clock_timestamp()) + x.taken * interval '1 second'
    / least(h.rate_limit_per_second::float8, h.allowed_per_minute / 60::float8)
  from unnest(${limited.map(({ lane }) => lane.hook.projectId)}::uuid[],
    ${limited.map(({ lane }) => lane.hook.id)}::uuid[], ${limited.map(({ taken }) => taken)}::int[])
    as x(project_id, hook_id, taken)
  where h.project_id = x.project_id and h.id = x.hook_id`;

/**
 * Claims due deliveries of several lanes, oldest first, in one transaction under the lanes' locks, so that
 * `maxInFlight` and the rate hold over all processes; a lane that is locked holds up no other. `decide` says how many
 * a lane may take, given its state. Of what two processes have died of one is claimed when it is asked for, and else none.
 */
export async function claimDeliveries(
  sql: Pool,
  workerId: string,
  wishes: ClaimWish[],
  decide: (lane: LaneState, wish: ClaimWish) => number,
  isSuspect: boolean,
): Promise<{
  lanes: Map<string, LaneState & { take: number }>;
  claims: Claim[];
  /** The lanes that somebody else has locked. */
  busy: Set<string>;
}> {
  return sql.begin(async (tx) => {
    const busy = new Set(wishes.map(({ hookId }) => hookId));
    const [locked, all] = await Promise.all([
      tryLockLanes(tx, [...busy]),
      laneStates(tx, workerId, wishes),
    ]);
    for (const { id } of locked) busy.delete(id);
    const states = all.filter(({ id }) => !busy.has(id));
    const wishOf = new Map(wishes.map((wish) => [wish.hookId, wish]));
    const lanes = new Map<string, LaneState & { take: number }>();
    for (const state of states) {
      const { hasSuspect, nowSeconds, ...more } = state;
      const { source, systemEvents, others, rateAheadMs, nextDueMs, ...hook } = more;
      const wish = wishOf.get(hook.id);
      const moment = { others, rateAheadMs, nextDueMs, hasSuspect, nowSeconds };
      const lane = { hook, source, systemEvents, ...moment };
      if (wish) lanes.set(hook.id, { ...lane, take: decide(lane, wish) });
    }
    const open = [...lanes.values()].filter(({ take }) => take > 0);
    if (open.length === 0) return { lanes, claims: [], busy };
    const due = claimDue(
      tx,
      workerId,
      open.map((lane) => ({ lane, take: lane.take })),
      isSuspect,
    );
    const limited = open.filter(({ hook }) => ratePerSecond(hook) !== null);
    // The commit goes out behind the claim, unless that tells how far rates are used up.
    const [rows] = await Promise.all([due, ...(limited.length > 0 ? [] : [tx.commit()])]);
    const claims = rows.map(toClaim);
    const taken = Map.groupBy(claims, ({ hookId }) => hookId);
    const used = limited.flatMap((lane) => {
      const count = taken.get(lane.hook.id)?.length ?? 0;
      return count > 0 ? [{ lane, taken: count }] : [];
    });
    if (used.length > 0) await advanceRates(tx, used);
    return { lanes, claims, busy };
  });
}
