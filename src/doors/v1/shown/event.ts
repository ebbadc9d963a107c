import type { EventRow } from "../../../db/event/events.ts";
import { rawJson } from "../../../util/json/rawJson.ts";
import { traceIdOf } from "../../../util/traceContext.ts";

/** An event as it is answered, with the names that it has in GraphQL. */
export const eventShown = (event: EventRow, source: string) => ({
  id: event.id,
  type: event.type,
  typeVersion: event.typeVersion,
  data: rawJson(event.data),
  source,
  name: event.name,
  avatar: event.avatar,
  category: event.category,
  contentType: event.contentType,
  content: rawJson(event.content),
  userId: event.userId,
  subject: event.subjectType === null ? null : { type: event.subjectType, id: event.subjectId },
  contextId: event.contextId,
  uid: event.uid,
  channels: event.channels,
  tags: event.tags,
  stepUuid: event.stepUuid,
  idempotencyKey: event.idempotencyKey,
  origin: event.origin,
  traceId: traceIdOf(event.trace),
  causedBy: event.causeId,
  occurredAt: event.occurredAt,
  scheduledFor: event.scheduledFor,
  receivedAt: event.receivedAt,
  status: event.status,
  error: event.error,
  expungedAt: event.expungedAt,
  expungedBy: event.expungedBy,
  broadcast: event.broadcast ?? false,
  targetHookId: event.targetHookId ?? event.onlyHookId,
});
