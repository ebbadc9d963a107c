/**
 * The life of a delivery. One is made per event and hook, when the event is matched (and one per step of a workflow's
 * run, when the step begins; those are never PARKED, GONE or CANCELLED):
 *
 *   PENDING ──claim──> (in flight) ──2xx───────────────────> SUCCEEDED
 *      ^                   │ ├──status in unsubscribeOn ───> GONE       (and its hook is deleted)
 *      │                   │ ├──failure, tries left ───────> RETRYING ──claim──> (in flight) …
 *      │                   │ └──failure, no tries left ────> FAILED
 *      │                   └────its process died ──────────> PENDING or RETRYING again, its attempt UNKNOWN;
 *      │                                                     after the third death QUARANTINED
 *      └──resume── PARKED <──its hook is paused (also at birth)
 *
 * PENDING, RETRYING and PARKED become CANCELLED when the hook is deleted. "In flight" is not a status but a lease
 * (worker, fencing token, expiry) on a PENDING or RETRYING delivery: only the holder of the token may change it.
 * SUCCEEDED is final: a manual retry or a replay makes a new delivery that points back to it (`replayOf`). A delivery
 * that ended without success is reopened as RETRYING (PARKED when its hook is not ACTIVE), with as many further tries
 * as its hook allows.
 */

import type { Claim, HookClaim } from "../../db/delivery/claim.ts";
import type { AttemptOutcome } from "../../db/delivery/deliveries.ts";
import type { Finish } from "../../db/delivery/finish.ts";
import type { DeliveryTarget } from "../../db/delivery/target.ts";
import { createEnvelope, envelopeEvent } from "../event/envelope.ts";
import type { HookSecrets } from "../hook/hookSecrets.ts";
import { redactRequestHeaders, redactResponseHeaders } from "../hook/redactedHeaders.ts";
import type { StepMethod } from "../workflow/stepMethods.ts";
import { attemptHeaders } from "./deliveryHeaders.ts";
import { nextDelayMs } from "./retrySchedule.ts";

/** The result of a call, as far as a delivery needs it. */
type CallResult = Omit<Finish["attempt"], "number" | "startedAt"> & { outcome: AttemptOutcome };

/** What one attempt sends. */
export type AttemptRequest = {
  url: string;
  method?: StepMethod;
  headers: Record<string, string>;
  body: string;
  timeoutMs: number;
  keptBytes?: number;
  /** Headers whose values are not recorded, whatever their names. */
  secretHeaders?: string[];
  /** What system events report about the call. */
  auditInfo: Pick<NonNullable<Finish["call"]>, "url" | "method" | "body" | "resthook">;
};

/** The request of one attempt: a pure function of the claim, except for the timestamp and with it the signature. */
export function requestOf(
  claim: HookClaim,
  { hook, source }: DeliveryTarget,
  { headers, keys }: HookSecrets,
  origin: string,
): AttemptRequest {
  const { event } = claim;
  const envelope = createEnvelope(envelopeEvent(event, source), claim.format);
  return {
    url: hook.url,
    timeoutMs: hook.timeoutMs,
    body: envelope.body,
    auditInfo: { url: hook.url, body: envelope.body, resthook: event.type },
    headers: {
      ...headers,
      ...attemptHeaders(envelope, claim, { format: claim.format, id: event.id, keys }),
      ...(hook.verification === "CLOUD_EVENTS" && { "webhook-request-origin": origin }),
    },
  };
}

/**
 * The attempt's number in its hook's retry schedule: a reopened delivery restarts the schedule. When the hook's number
 * of retries has changed since, the attempt's own number counts.
 */
function scheduledAttempt({ format, attempt, maxAttempts }: Claim, retries: number): number {
  if (format === "STEP") return attempt;
  const sinceOpened = attempt - (maxAttempts - (retries + 1));
  return sinceOpened >= 1 && sinceOpened <= attempt ? sinceOpened : attempt;
}

/** The outcome of a delivery for an attempt's result. `interrupted`: this process stopped waiting for the response. */
export function decideOutcome(
  claim: Claim,
  { hook, systemEvents }: DeliveryTarget,
  { auditInfo, secretHeaders }: Pick<AttemptRequest, "auditInfo" | "secretHeaders">,
  result: CallResult,
  interrupted: boolean,
): Finish {
  const { projectId, deliveryId, hookId, token, isOrdered, event } = claim;
  const record = {
    ...result,
    number: claim.attempt,
    startedAt: claim.claimedAt,
    requestHeaders: redactRequestHeaders(result.requestHeaders, secretHeaders),
    responseHeaders: result.responseHeaders && redactResponseHeaders(result.responseHeaders),
  };
  const isReported = systemEvents && event.origin !== "SYSTEM";
  const call = isReported ? { ...auditInfo, eventId: event.id, eventType: event.type } : null;
  const ids = { projectId, deliveryId, eventId: event.id, hookId, token };
  const base = { ...ids, isOrdered, free: false, delayMs: null, call };
  if (result.outcome === "SUCCESS") return { ...base, attempt: record, status: "SUCCEEDED" };
  if (interrupted) {
    const attempt = { ...record, outcome: "UNKNOWN" as const };
    return { ...base, attempt, status: "RETRYING", delayMs: 0, free: true };
  }
  if (result.statusCode !== null && hook.unsubscribeOn.includes(result.statusCode)) {
    return { ...base, attempt: { ...record, outcome: "SUBSCRIBER_GONE" }, status: "GONE" };
  }
  // A step's URL comes from its templates: an address that may not be called will not change.
  const isPermanent = claim.format === "STEP" && result.outcome === "REFUSED";
  if (isPermanent || claim.attempt >= claim.maxAttempts) {
    const isParked = isOrdered && hook.onOrderFailure === "PARK";
    return { ...base, attempt: record, status: isParked ? "PARKED" : "FAILED" };
  }
  const delayMs = nextDelayMs({
    attempt: scheduledAttempt(claim, hook.retries),
    scheduleMs: hook.retryScheduleMs,
    statusCode: result.statusCode,
    retryAfter: result.responseHeaders?.["retry-after"] ?? null,
  });
  return { ...base, attempt: record, status: "RETRYING", delayMs };
}
