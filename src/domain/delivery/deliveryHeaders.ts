import type { KeyObject } from "node:crypto";
import type { Claim } from "../../db/delivery/claim.ts";
import { headerValue, subjectOf } from "../event/envelope.ts";
import { sign } from "./signature.ts";

/**
 * The headers of every attempt: those of Standard Webhooks, then the hub's own. User, context and
 * subject may hold any Unicode, so they are percent-encoded like `ce-*` headers.
 */
export function deliveryHeaders(
  { deliveryId, attempt, claimedAt, event, format }: Claim,
  { id, keys, body }: { id: string; keys: KeyObject[]; body: string },
): Record<string, string> {
  const nowSeconds = Math.floor(claimedAt.getTime() / 1_000);
  const timestamp = String(nowSeconds);
  const signature = sign(keys, id, nowSeconds, body);
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signature,
    // Receivers written for Svix read the same three under these names.
    ...(format === "DATA" && {
      "svix-id": id,
      "svix-timestamp": timestamp,
      "svix-signature": signature,
    }),
    "signalbox-delivery-id": deliveryId,
    "signalbox-attempt": String(attempt),
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
