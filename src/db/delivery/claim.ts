import type { Pool } from "../connection/client.ts";
import type { EventOrigin } from "../event/events.ts";
import { atNode } from "../nodes/nodes.ts";
import type { BodyFormat } from "./eventBodies.ts";

/**
 * A request to claim `take` deliveries of a hook. `inFlight`: this worker's deliveries of it in flight; `place`: its
 * place among the workers that share the hook.
 */
type ClaimRequest = { hookId: string; take: number; inFlight: number; place: number };

/** The state of a hook's queue at the time of a claim. */
export type QueueState = {
  hookId: string;
  /** The project's config version: a hook loaded under another version is outdated. */
  version: number;
  /**
   * How many could be claimed: the number asked for, within the hook's limit, its rate and what other workers have in
   * flight.
   */
  take: number;
  /** Milliseconds until the rate limit's theoretical arrival time. */
  rateAheadMs: number;
  /** Milliseconds until its next delivery is due, of those not due yet. */
  nextDueMs: number | null;
  /** Whether a delivery that was in flight at two crashes is due and was not claimed. */
  hasSuspect: boolean;
  /**
   * Milliseconds until the hook may be sent to, or looked at again: its breaker is open, or its target asked for a
   * pause; null if it may.
   */
  heldMs: number | null;
};

/** A delivery claimed for one attempt, fenced by its token: of a hook or of a workflow's step. */
export type Claim = HookClaim | StepClaim;
export type HookClaim = ClaimBase & { format: BodyFormat };
/** `position` is the step's position in its run; `request` is sealed. */
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
  /** The start of the attempt by the database's clock, which `webhook-timestamp` uses, too. */
  claimedAt: Date;
  attempt: number;
  maxAttempts: number;
  /** Whether it is the one delivery that a hook with an open breaker is tried with. */
  isProbe: boolean;
  isReplay: boolean;
  /** Whether the next delivery of its key waits for it. */
  isOrdered: boolean;
  event: ClaimedEvent;
};

/** The event of a delivery. */
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
  trace: string | null;
  /** What format RESOURCE sends, as JSON text; null for other formats. */
  resource: string | null;
};

/** A row of `signalbox.claim`: a queue's state, or a claim. */
type Row = QueueState & { deliveryId: null };
type ClaimedRow = Omit<ClaimedEvent, "id"> &
  (
    | Omit<HookClaim, "event" | "projectId" | "token">
    | Omit<StepClaim, "event" | "projectId" | "token">
  );

function toClaim(projectId: string, token: string, row: ClaimedRow): Claim {
  const {
    deliveryId,
    eventId,
    hookId,
    claimedAt,
    attempt,
    maxAttempts,
    isReplay,
    isProbe,
    ...more
  } = row;
  const { type, data, occurredAt, scheduledFor, stepUuid, userId, contextId, ...rest } = more;
  const { subjectType, subjectId, origin, trace, resource, isOrdered, ...kind } = rest;
  const about = { stepUuid, userId, contextId, subjectType, subjectId, origin, trace, resource };
  const event = { id: eventId, type, data, occurredAt, scheduledFor, ...about };
  return {
    ...{ projectId, deliveryId, eventId, hookId, token, claimedAt, attempt, maxAttempts, isReplay },
    ...{ isProbe, isOrdered, event },
    ...kind,
  };
}

/**
 * Step 2 of 3 in an event's life, for deliveries that the accepting process did not claim at once: claims due
 * deliveries, oldest first, in one statement. Hooks that are not ACTIVE return no state. `isSuspect`: claim one
 * delivery that was in flight at two crashes, otherwise none of these.
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
    /** The number of workers that share the hooks. */
    workers: number;
    isSuspect: boolean;
    /** Whether the workers' shares have settled. If not, deliveries in flight at other workers are counted. */
    isSettled: boolean;
    /** The lease beyond twice the hook's timeout. */
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
