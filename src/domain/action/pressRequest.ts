import type { KeyObject } from "node:crypto";
import type { PressClaim, PressFinish } from "../../db/action/pressClaims.ts";
import type { AttemptRow } from "../../db/delivery/deliveries.ts";
import { sign } from "../delivery/signature.ts";
import { redactRequestHeaders, redactResponseHeaders } from "../hook/redactedHeaders.ts";
import { pressLimits } from "./pressLimits.ts";

/** Of an answer, so much is shown as the action's error; the attempt has all that is kept. */
const MAX_ERROR = 1_000;

type CallResult = Omit<AttemptRow, "projectId" | "deliveryId" | "startedAt" | "number">;

/** `{"name":json,…}`; documents are inserted as stored. */
const object = (fields: Record<string, string>) =>
  `{${Object.entries(fields)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(",")}}`;
const text = (value: string | null) => JSON.stringify(value);

/** The input of a body; none of it changes after the press. */
type PressBodyInput = Pick<PressClaim, "action" | "event" | "pressId" | "pressedBy" | "pressedAt">;

/**
 * The body. It repeats the key and `meta`, because existing handlers read them in different places: `actionType` and
 * `data`, `event.key` and `event.meta`, `action.type`.
 */
export function pressBody({
  action,
  event,
  pressId,
  pressedBy,
  pressedAt,
}: PressBodyInput): string {
  const key = text(action.key);
  const meta = action.meta ?? "null";
  return object({
    actionType: key,
    data: meta,
    event: object({
      id: text(event.id),
      type: text(event.type),
      name: text(event.name),
      userId: text(event.userId),
      key,
      slug: key,
      meta,
      createdAt: text(event.receivedAt.toISOString()),
    }),
    action: object({
      id: text(action.id),
      key,
      type: key,
      buttonText: text(action.buttonText),
      meta,
    }),
    press: object({
      id: text(pressId),
      pressedBy: text(pressedBy),
      pressedAt: text(pressedAt.toISOString()),
    }),
  });
}

/** The single request of a press. */
export function pressRequest(claim: PressClaim, keys: KeyObject[]) {
  const { pressId, nowSeconds, action } = claim;
  const body = pressBody(claim);
  return {
    url: action.url,
    timeoutMs: pressLimits.timeoutMs,
    body,
    headers: {
      "content-type": "application/json",
      "webhook-id": pressId,
      "webhook-timestamp": String(nowSeconds),
      "webhook-signature": sign(keys, pressId, nowSeconds, body),
    },
  };
}

/** Only 200 and 201 complete an action; another 2xx does not. */
const completes = (statusCode: number | null) => statusCode === 200 || statusCode === 201;

/** The error shown to people: the target's response text, its status, or why there was no response. */
function shownError({ statusCode, responseBody, error }: CallResult): string {
  if (statusCode === null || completes(statusCode)) return error ?? "no answer";
  return responseBody?.trim().slice(0, MAX_ERROR).toWellFormed() || `Http status was ${statusCode}`;
}

/** The outcome of a press for a call's result. `interrupted`: this process stopped waiting for the response. */
export function decidePressOutcome(
  { projectId, pressId, token, claimedAt: startedAt }: PressClaim,
  result: CallResult,
  interrupted: boolean,
): PressFinish {
  const requestHeaders = redactRequestHeaders(result.requestHeaders);
  const responseHeaders = result.responseHeaders && redactResponseHeaders(result.responseHeaders);
  const record = { ...result, number: 1, startedAt, requestHeaders, responseHeaders };
  const base = { projectId, pressId, token };
  if (result.outcome === "SUCCESS" && completes(result.statusCode))
    return { ...base, attempt: record, status: "SUCCEEDED", error: null };
  if (interrupted) {
    const error = "outcome unknown: the process that sent it stopped before the answer came";
    return { ...base, attempt: { ...record, outcome: "UNKNOWN" }, status: "UNKNOWN", error };
  }
  const error = shownError(result);
  if (result.outcome !== "SUCCESS") return { ...base, attempt: record, status: "FAILED", error };
  const attempt = {
    ...record,
    outcome: "RESPONSE_ERROR" as const,
    error: `status ${result.statusCode}: only 200 and 201 complete an action`,
  };
  return { ...base, attempt, status: "FAILED", error };
}
