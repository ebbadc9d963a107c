import type { KeyObject } from "node:crypto";
import type { HookFormat } from "../../db/hook/hooks.ts";
import { traceHeaders } from "../../util/traceContext.ts";
import { type Envelope, headerValue, subjectOf } from "../event/envelope.ts";
import { sign } from "./signature.ts";

/** One attempt to deliver an event. */
type Attempt = {
  deliveryId: string;
  attempt: number;
  claimedAt: Date;
  event: {
    userId: string | null;
    contextId: string | null;
    subjectType: string | null;
    subjectId: string | null;
    trace: string | null;
  };
};

/** The headers of an attempt, but for those that its hook adds: the envelope's, and those of every format. */
export const attemptHeaders = (
  { contentType, headers, body }: Envelope,
  attempt: Attempt,
  { format, id, keys }: { format: HookFormat; id: string; keys: KeyObject[] },
): Record<string, string> => {
  const ofAll = deliveryHeaders(attempt, { id, keys, body });
  return {
    "content-type": contentType,
    ...headers,
    ...ofAll,
    ...(format === "DATA" && svixHeaders(ofAll)),
  };
};

/** The same three under the names that receivers written for Svix read. */
const svixHeaders = (headers: Record<string, string>) =>
  Object.fromEntries(
    ["id", "timestamp", "signature"].map((name) => [`svix-${name}`, headers[`webhook-${name}`]]),
  );

/**
 * The headers of every attempt in every format: those of Standard Webhooks, then the hub's own. User, context and
 * subject may hold any Unicode, so they are percent-encoded like `ce-*` headers.
 */
export function deliveryHeaders(
  { deliveryId, attempt, claimedAt, event }: Attempt,
  { id, keys, body }: { id: string; keys: KeyObject[]; body: string },
): Record<string, string> {
  const nowSeconds = Math.floor(claimedAt.getTime() / 1_000);
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(nowSeconds),
    "webhook-signature": sign(keys, id, nowSeconds, body),
    "signalbox-delivery-id": deliveryId,
    "signalbox-attempt": String(attempt),
    ...traceHeaders(event.trace),
  };
  const about = {
    "signalbox-user": event.userId,
    "signalbox-context": event.contextId,
    "signalbox-subject": subjectOf(event),
  };
  for (const [name, value] of Object.entries(about)) {
    if (value !== null) Object.assign(headers, { [name]: headerValue(value) });
  }
  return headers;
}
