import type { AttemptRow, DeliveryRow } from "../../../db/delivery/deliveries.ts";

/** A delivery as it is answered, with the names that it has in GraphQL. */
export const deliveryShown = (delivery: DeliveryRow) => ({
  id: delivery.id,
  eventId: delivery.eventId,
  hookId: delivery.hookId,
  status: delivery.status,
  attemptCount: delivery.attemptCount,
  maxAttempts: delivery.maxAttempts,
  nextAttemptAt: delivery.nextAttemptAt,
  completedAt: delivery.completedAt,
  lastError: delivery.lastError,
  replayOf: delivery.replayOf,
  createdAt: delivery.createdAt,
  orderKey: delivery.orderKey,
});

/** An attempt of a delivery. */
export const attemptShown = (attempt: AttemptRow) => ({
  number: attempt.number,
  startedAt: attempt.startedAt,
  elapsedMs: attempt.elapsedMs,
  outcome: attempt.outcome,
  statusCode: attempt.statusCode,
  error: attempt.error,
  remoteAddress: attempt.remoteAddress,
  requestHeaders: attempt.requestHeaders,
  responseHeaders: attempt.responseHeaders,
  responseBody: attempt.responseBody,
  responseTruncated: attempt.responseTruncated,
});
