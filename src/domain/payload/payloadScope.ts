import { eventScope, type ScopeEvent } from "../event/eventScope.ts";

/** An event, and the source of its project. Plain data, because it is sent to the sandbox. */
export type PayloadEvent = { event: ScopeEvent; source: string };

/** What templates and selections can read. `status` changes while an event is delivered, and bodies do not. */
export function payloadScope({ event, source }: PayloadEvent) {
  const { data, event: fields } = eventScope(event, source);
  const { status: _, ...fixed } = fields;
  return { data, event: fixed };
}

/** The names of an event's fields. */
export const eventFields = [
  ...["id", "type", "typeVersion", "data", "source", "name", "avatar", "category", "contentType"],
  ...["content", "userId", "contextId", "stepUuid", "idempotencyKey", "uid", "channels", "tags"],
  ...["origin", "subject", "occurredAt", "receivedAt", "scheduledFor"],
];
