import { type Scope, scopeOf } from "../ui/code/scope.ts";

const common = {
  ...{ id: "string", type: "string", source: "string", name: "string", category: "string" },
  ...{ userId: "string", contextId: "string", channels: "array", tags: "array" },
  origin: "string",
  subject: scopeOf({ type: "string", id: "string" }),
};

/** The fields of an event that filters and keys of order can read. */
export const filterScope = (data: Scope): Scope =>
  scopeOf({ event: scopeOf({ ...common, data, changed: "array" }) });

/** The fields of an event that templates and selections can read. */
export const payloadScope = (data: Scope): Scope =>
  scopeOf({
    ...{ ...common, data, typeVersion: "integer", avatar: "string", content: "string" },
    ...{ contentType: "string", stepUuid: "string", idempotencyKey: "string", uid: "integer" },
    ...{ occurredAt: "string", receivedAt: "string", scheduledFor: "string" },
  });
