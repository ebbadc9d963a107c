/**
 * The life of a delivery. One is made per event and hook, when the event is matched or a backfill finds it (and one per
 * step of a workflow's run, when the step begins; those are never PARKED, GONE or CANCELLED):
 *
 *   PENDING ──claim──> (in flight) ──2xx───────────────────> SUCCEEDED
 *      ^                   │ ├──status in unsubscribeOn ───> GONE       (and its hook is deleted)
 *      │                   │ ├──failure, tries left ───────> RETRYING ──claim──> (in flight) …
 *      │                   │ ├──failure, no tries left, ──> FAILED     (PARKED with an order and PARK)
 *      │                   │ │  or status in finalStatuses
 *      │                   │ └──its process died ──────────> PENDING or RETRYING again, its attempt UNKNOWN;
 *      │                   │                                 after the third death QUARANTINED
 *      │                   └──failure, hook deleted ──────> CANCELLED
 *      └──resume, enable── PARKED <──its hook is paused or disabled (also at birth)
 *
 * PENDING, RETRYING and PARKED become CANCELLED when the hook is deleted or the event erased; what is in flight then
 * ends first, and is tried no more. "In flight" is not a status but a lease (worker, fencing token, expiry) on a PENDING
 * or RETRYING delivery: only the holder of the token may change it. While the hook's breaker is open or its target has
 * asked for a pause, nothing is claimed but one probe at a time. A probe that fails, and an attempt that is answered by
 * a 429 or 503 with Retry-After, use up no try.
 *
 * With an order, a delivery is due when the one before it of the same key has ended; until then it is PENDING without a
 * due time. A delivery that ends FAILED or QUARANTINED blocks its key when the hook says BLOCK: those behind it wait
 * until a person releases the key. With PARK it is PARKED, with SKIP it stays FAILED, and the next one is due.
 *
 * SUCCEEDED is final: a manual retry or a replay makes a new delivery that points back to it (`replayOf`). A delivery
 * that ended without success is reopened as RETRYING (PARKED when its hook is not ACTIVE), with as many further tries
 * as its hook allows. Of a deleted hook or an erased event, none is reopened.
 */

import type { Claim, HookClaim } from "../../db/delivery/claim.ts";
import type { AttemptOutcome } from "../../db/delivery/deliveries.ts";
import { isPayload, type OwnBody } from "../../db/delivery/eventBodies.ts";
import type { Finish } from "../../db/delivery/finish.ts";
import { MAX_ATTEMPTS } from "../../db/delivery/retries.ts";
import type { DeliveryTarget } from "../../db/delivery/target.ts";
import { timeOfId } from "../../util/ids.ts";
import { createEnvelope, envelopeEvent } from "../event/envelope.ts";
import type { HookSecrets } from "../hook/hookSecrets.ts";
import { isMailTarget } from "../hook/mailTarget.ts";
import { redactRequestHeaders, redactResponseHeaders } from "../hook/redactedHeaders.ts";
import { isRefusedForGood, mailHeaders } from "../payload/mailMessage.ts";
import type { StepMethod } from "../workflow/stepMethods.ts";
import { attemptHeaders } from "./deliveryHeaders.ts";
import { askedPauseMs, nextDelayMs } from "./retrySchedule.ts";

/** The result of a call, as far as a delivery needs it. */
export type CallResult = Omit<Finish["attempt"], "number" | "startedAt"> & {
  outcome: AttemptOutcome;
};

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
  /** A token or certificate to send it with. */
  auth?: HookSecrets["auth"];
  /** What system events report about the call. */
  auditInfo: Pick<NonNullable<Finish["call"]>, "url" | "method" | "body" | "resthook">;
};

/**
 * The request of one attempt: a pure function of the claim, except for the timestamp and with it the signature. `own`:
 * the body of a hook that does not send its format's.
 */
export function requestOf(
  claim: HookClaim,
  { hook, source }: DeliveryTarget,
  { headers, keys, auth }: HookSecrets,
  origin: string,
  own?: OwnBody,
): AttemptRequest {
  const { event } = claim;
  const format = own?.format ?? claim.format;
  if (isPayload(format)) throw new Error(`delivery ${claim.deliveryId} has no body`);
  const envelope =
    own && "body" in own
      ? { contentType: own.contentType, headers: {}, body: own.body }
      : createEnvelope(envelopeEvent(event, source), format);
  const request = {
    url: hook.url,
    timeoutMs: hook.timeoutMs,
    body: envelope.body,
    auth,
    auditInfo: { url: hook.url, body: envelope.body, resthook: event.type },
  };
  if (isMailTarget(hook.url))
    return { ...request, headers: mailHeaders(hook, event, envelope.contentType) };
  return {
    ...request,
    headers: {
      ...headers,
      ...attemptHeaders(envelope, claim, { format, id: event.id, keys }),
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

/** How long a target may put a delivery off by Retry-After without using up its tries. */
const PUT_OFF_MS = 24 * 3_600_000;

/**
 * Whether a failed attempt uses up no try: the target asked for a pause (in the delivery's first day), or it was the
 * probe of an open breaker.
 */
const isFree = ({ isProbe, attempt, deliveryId, claimedAt }: Claim, pauseMs: number): boolean =>
  attempt < MAX_ATTEMPTS &&
  (isProbe || (pauseMs > 0 && claimedAt.getTime() - timeOfId(deliveryId) < PUT_OFF_MS));

/** What an attempt has come to whose body could not be made. */
export const unsent = (
  { event }: HookClaim,
  { hook }: DeliveryTarget,
  reason: string,
): { request: Pick<AttemptRequest, "auditInfo">; result: CallResult } => ({
  request: { auditInfo: { url: hook.url, body: "", resthook: event.type } },
  result: {
    outcome: "RENDER_ERROR",
    statusCode: null,
    error: reason,
    remoteAddress: null,
    elapsedMs: 0,
    requestHeaders: {},
    responseHeaders: null,
    responseBody: null,
    responseTruncated: false,
  },
});

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
    // Those of an e-mail are the hub's own.
    requestHeaders: isMailTarget(hook.url)
      ? result.requestHeaders
      : redactRequestHeaders(result.requestHeaders, secretHeaders),
    responseHeaders: result.responseHeaders && redactResponseHeaders(result.responseHeaders),
  };
  const isUnsent = result.outcome === "RENDER_ERROR";
  const isReported = systemEvents && event.origin !== "SYSTEM" && !isUnsent;
  const call = isReported ? { ...auditInfo, eventId: event.id, eventType: event.type } : null;
  const ids = { projectId, deliveryId, eventId: event.id, hookId, token };
  const isStep = claim.format === "STEP";
  const { statusCode, responseHeaders } = result;
  const retryAfter = responseHeaders?.["retry-after"] ?? null;
  const holdMs = isStep ? 0 : askedPauseMs({ statusCode, retryAfter });
  const disables =
    !isStep && responseHeaders?.["webhook-delivery"]?.trim().toLowerCase() === "disable";
  const verdict = <Kind extends Finish["verdict"]>(kind: Kind) => (isStep ? null : kind);
  const base = {
    ...{ ...ids, isOrdered, free: false, delayMs: null, call, holdMs, disables, systemEvents },
    verdict: verdict(isUnsent ? "NONE" : holdMs > 0 ? "HELD" : "FAILED"),
    attempt: record,
  };
  if (result.outcome === "SUCCESS")
    return { ...base, status: "SUCCEEDED", verdict: verdict("SUCCEEDED") };
  if (interrupted) {
    const attempt = { ...record, outcome: "UNKNOWN" as const };
    const unknown = { ...base, attempt, verdict: verdict("NONE") };
    return { ...unknown, status: "RETRYING", delayMs: 0, free: true };
  }
  // To a token, 401 is an answer about the token: the next try has another.
  const isAboutToken = statusCode === 401 && hook.auth?.oauth2 !== undefined;
  if (statusCode !== null && hook.unsubscribeOn.includes(statusCode) && !isAboutToken) {
    const attempt = { ...record, outcome: "SUBSCRIBER_GONE" as const };
    return { ...base, attempt, status: "GONE", verdict: verdict("NONE") };
  }
  // A step's URL comes from its templates: an address that may not be called will not change.
  const isPermanent = isStep
    ? result.outcome === "REFUSED"
    : isUnsent ||
      (statusCode !== null && hook.finalStatuses.includes(statusCode)) ||
      (isMailTarget(hook.url) && isRefusedForGood(statusCode));
  const free = !isPermanent && isFree(claim, holdMs);
  if (isPermanent || (!free && claim.attempt >= claim.maxAttempts)) {
    const isParked = isOrdered && hook.onOrderFailure === "PARK";
    return { ...base, status: isParked ? "PARKED" : "FAILED" };
  }
  // A probe goes behind what else is due: the next one is another delivery, should this one be the cause.
  if (claim.isProbe && holdMs === 0) return { ...base, status: "RETRYING", delayMs: 0, free };
  const delayMs = nextDelayMs({
    attempt: scheduledAttempt(claim, hook.retries),
    scheduleMs: hook.retryScheduleMs,
    ...{ statusCode, retryAfter },
  });
  return { ...base, status: "RETRYING", delayMs, free };
}
