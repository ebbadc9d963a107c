import type { Pool } from "../connection/client.ts";
import type { EventOrigin } from "../event/events.ts";
import type { HookFormat } from "../hook/hooks.ts";
import { atNode } from "../nodes/nodes.ts";

/**
 * How many deliveries of a hook are wanted. `inFlight`: so many of it this worker has; `place`: its own among the workers
 * that share the hook.
 */
type ClaimRequest = { hookId: string; take: number; inFlight: number; place: number };

/** A hook's queue as it was when deliveries were claimed of it. */
export type QueueState = {
  hookId: string;
  /** Of its project's configuration: what is known of the hook under another is outdated. */
  version: number;
  /** How many might be taken: what was asked for, as far as its limit, its rate and what others have in flight allow. */
  take: number;
  /** Milliseconds from now to the rate limit's theoretical arrival time. */
  rateAheadMs: number;
  /** Milliseconds to its next delivery that is not due yet. */
  nextDueMs: number | null;
  /** Whether something is due that two processes have died of, or beside. */
  hasSuspect: boolean;
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
  /** By the database's clock, by which `webhook-timestamp` goes, too: when its attempt begins. */
  claimedAt: Date;
  attempt: number;
  maxAttempts: number;
  event: ClaimedEvent;
};

/** What is sent of an event. */
type ClaimedEvent = {
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

/** A row of `signalbox.claim`: the state of a queue, or one claim of it. */
type Row = QueueState & { deliveryId: null };
type ClaimedRow = Omit<ClaimedEvent, "id"> &
  (
    | Omit<HookClaim, "event" | "projectId" | "token">
    | Omit<StepClaim, "event" | "projectId" | "token">
  );

function toClaim(projectId: string, token: string, row: ClaimedRow): Claim {
  const { deliveryId, eventId, hookId, claimedAt, attempt, maxAttempts, ...more } = row;
  const { type, data, occurredAt, scheduledFor, stepUuid, userId, contextId, ...rest } = more;
  const { subjectType, subjectId, origin, resource, ...kind } = rest;
  const about = { stepUuid, userId, contextId, subjectType, subjectId, origin, resource };
  const event = { id: eventId, type, data, occurredAt, scheduledFor, ...about };
  return {
    ...{ projectId, deliveryId, eventId, hookId, token, claimedAt, attempt, maxAttempts, event },
    ...kind,
  };
}

/**
 * Step 2 of 3 in an event's life, for what the accepting process did not take at once: claims due deliveries, oldest
 * first, in one statement. Hooks that are not ACTIVE have no state. `isSuspect`: one delivery that two processes have
 * died of, else none of these.
 */
export async function claim(
  sql: Pool,
  {
    projectId,
    requests,
    workers,
    isSuspect,
    isSettled,
    leaseMarginMs,
    workerId,
    token,
  }: {
    projectId: string;
    requests: ClaimRequest[];
    /** How many workers share the hooks. */
    workers: number;
    isSuspect: boolean;
    /** Whether it is settled which process has how many of a hook's slots; else what others have in flight is counted. */
    isSettled: boolean;
    /** A claim holds for twice the hook's timeout and this. */
    leaseMarginMs: number;
    workerId: string;
    token: string;
  },
): Promise<{ states: Map<string, QueueState>; claims: Claim[] }> {
  const rows = await atNode(
    sql,
    projectId,
    (sql) => sql<(Row | ClaimedRow)[]>`
    select * from signalbox.claim(${projectId}, ${requests.map(({ hookId }) => hookId)}::uuid[],
      ${requests.map(({ take }) => take)}::int[], ${requests.map(({ inFlight }) => inFlight)}::int[],
      ${requests.map(({ place }) => place)}::int[], ${workers}, ${isSuspect}, ${isSettled}, ${leaseMarginMs},
      ${workerId}, ${token})`,
  );
  const states = new Map<string, QueueState>();
  const claims: Claim[] = [];
  for (const row of rows) {
    if (row.deliveryId !== null) claims.push(toClaim(projectId, token, row));
    else states.set(row.hookId, { ...row, version: Number(row.version) });
  }
  return { states, claims };
}
