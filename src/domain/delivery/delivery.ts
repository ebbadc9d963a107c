/**
 * The life of a delivery. One is made per event and hook, when the event is matched (and one per step of a workflow's
 * run, when the run comes to it; such a one is never PARKED, GONE or CANCELLED):
 *
 *   PENDING ──claim──> (in flight) ──2xx───────────────────> SUCCEEDED
 *      ^                   │ ├──status in unsubscribeOn ───> GONE       (and its hook is deleted)
 *      │                   │ ├──failure, tries left ───────> RETRYING ──claim──> (in flight) …
 *      │                   │ └──failure, no tries left ────> FAILED
 *      │                   └────its process died ──────────> PENDING or RETRYING again, its attempt UNKNOWN;
 *      │                                                     after the third death QUARANTINED
 *      └──resume── PARKED <──its hook is paused (also at birth)
 *
 * PENDING, RETRYING and PARKED become CANCELLED when the hook is deleted. "In flight" is no state but a lease
 * (worker, fencing token, until when) on a PENDING or RETRYING delivery: who holds the token moves it, nobody else.
 * SUCCEEDED is final: a retry by hand or a replay of it makes a new delivery that points back (`replayOf`). What ended
 * without success is opened by one, RETRYING (PARKED for a hook that is not ACTIVE) with as many further tries as its
 * hook has.
 */

import type { Claim, HookClaim } from "../../db/delivery/claim.ts";
import type { AttemptOutcome } from "../../db/delivery/deliveries.ts";
import type { Finish } from "../../db/delivery/finish.ts";
import type { DeliveryTarget } from "../../db/delivery/target.ts";
import { createEnvelope, envelopeEvent } from "../event/envelope.ts";
import type { HookSecrets } from "../hook/hookSecrets.ts";
import { redactRequestHeaders, redactResponseHeaders } from "../hook/redactedHeaders.ts";
import type { StepMethod } from "../workflow/stepMethods.ts";
import { deliveryHeaders } from "./deliveryHeaders.ts";
import { nextDelayMs } from "./retrySchedule.ts";

/** What came of a call, as far as a delivery is concerned. */
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
  /** What system events say of it. */
  told: Pick<NonNullable<Finish["call"]>, "url" | "method" | "body" | "resthook">;
};

/** The request of one attempt: a pure function of the claim, but for the timestamp and so the signature. */
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
    told: { url: hook.url, body: envelope.body, resthook: event.type },
    headers: {
      ...headers,
      "content-type": envelope.contentType,
      ...envelope.headers,
      ...deliveryHeaders(claim, { id: event.id, keys, body: envelope.body }),
      ...(hook.verification === "CLOUD_EVENTS" && { "webhook-request-origin": origin }),
    },
  };
}

/**
 * Which attempt of its hook's schedule this was: one that was opened again begins the schedule anew. What it was given
 * its tries by may have changed since: then it is the attempt's own number.
 */
function scheduledAttempt({ format, attempt, maxAttempts }: Claim, retries: number): number {
  if (format === "STEP") return attempt;
  const sinceOpened = attempt - (maxAttempts - (retries + 1));
  return sinceOpened >= 1 && sinceOpened <= attempt ? sinceOpened : attempt;
}

/** What an attempt's result means for its delivery. `interrupted`: this process stopped waiting for the answer. */
export function decideOutcome(
  claim: Claim,
  { hook, systemEvents }: DeliveryTarget,
  { told, secretHeaders }: Pick<AttemptRequest, "told" | "secretHeaders">,
  result: CallResult,
  interrupted: boolean,
): Finish {
  const { projectId, deliveryId, hookId, token, event } = claim;
  const record = {
    ...result,
    number: claim.attempt,
    startedAt: claim.claimedAt,
    requestHeaders: redactRequestHeaders(result.requestHeaders, secretHeaders),
    responseHeaders: result.responseHeaders && redactResponseHeaders(result.responseHeaders),
  };
  const isTold = systemEvents && event.origin !== "SYSTEM";
  const call = isTold ? { ...told, eventId: event.id, eventType: event.type } : null;
  const ids = { projectId, deliveryId, eventId: event.id, hookId, token };
  const base = { ...ids, free: false, delayMs: null, call };
  if (result.outcome === "SUCCESS") return { ...base, attempt: record, status: "SUCCEEDED" };
  if (interrupted) {
    const attempt = { ...record, outcome: "UNKNOWN" as const };
    return { ...base, attempt, status: "RETRYING", delayMs: 0, free: true };
  }
  if (result.statusCode !== null && hook.unsubscribeOn.includes(result.statusCode)) {
    return { ...base, attempt: { ...record, outcome: "SUBSCRIBER_GONE" }, status: "GONE" };
  }
  // What a step calls comes from its templates: an address that may not be called stays one.
  const isHopeless = claim.format === "STEP" && result.outcome === "REFUSED";
  if (isHopeless || claim.attempt >= claim.maxAttempts)
    return { ...base, attempt: record, status: "FAILED" };
  const delayMs = nextDelayMs({
    attempt: scheduledAttempt(claim, hook.retries),
    scheduleMs: hook.retryScheduleMs,
    statusCode: result.statusCode,
    retryAfter: result.responseHeaders?.["retry-after"] ?? null,
  });
  return { ...base, attempt: record, status: "RETRYING", delayMs };
}
