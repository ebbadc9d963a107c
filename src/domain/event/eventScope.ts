import type { EventRow } from "../../db/event/events.ts";
import { parseValue } from "../template/templateValue.ts";

/** The part of an event that templates can read. */
export type ScopeEvent = Omit<EventRow, "projectId">;

/** The template variables `event` and `data`. */
export function eventScope(event: ScopeEvent, source: string) {
  const json = (text: string | null): unknown => (text === null ? null : parseValue(text));
  const { id, type, typeVersion, name, avatar, category, contentType, userId, contextId } = event;
  const {
    stepUuid,
    idempotencyKey,
    uid,
    channels,
    tags,
    origin,
    status,
    occurredAt,
    receivedAt,
    scheduledFor,
  } = event;
  const data = json(event.data);
  const subject =
    event.subjectType === null ? null : { type: event.subjectType, id: event.subjectId };
  return {
    data,
    event: {
      ...{ id, type, typeVersion, data, source, name, avatar, category, contentType, userId },
      ...{ contextId, stepUuid, idempotencyKey, uid, channels, tags, origin, status, subject },
      content: json(event.content),
      occurredAt: occurredAt.toISOString(),
      receivedAt: receivedAt.toISOString(),
      scheduledFor: scheduledFor?.toISOString() ?? null,
    },
  };
}
