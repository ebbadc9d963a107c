import type { HookFormat } from "../../db/hook/hooks.ts";
import { membersOf } from "../../util/json/parseJson.ts";
import { traceHeaders } from "../../util/traceContext.ts";

/** The input of an envelope. Times are RFC 3339; `data` is JSON text and is sent verbatim. */
export type EnvelopeEvent = {
  id: string;
  type: string;
  /** A URI-reference. */
  source: string;
  time: string;
  occurredAt: string;
  data: string | null;
  stepUuid: string | null;
  userId: string | null;
  contextId: string | null;
  /** `<type>/<id>` of the event's subject. */
  subject: string | null;
  /** The body of format RESOURCE as JSON text, created when the event was matched. */
  resource?: string | null | undefined;
  /** The trace that it was emitted in (src/util/traceContext.ts). */
  trace: string | null;
};

/** The event's subject as one text, `<type>/<id>`; null when it has none. */
export const subjectOf = ({
  subjectType,
  subjectId,
}: {
  subjectType: string | null;
  subjectId: string | null;
}): string | null =>
  subjectType === null || subjectId === null ? null : `${subjectType}/${subjectId}`;

/**
 * The envelope's input from a stored event. The CloudEvents `time` of a scheduled event is when it was due, otherwise
 * when it happened.
 */
export const envelopeEvent = (
  event: Pick<
    EnvelopeEvent,
    "id" | "type" | "data" | "stepUuid" | "userId" | "contextId" | "resource" | "trace"
  > & {
    occurredAt: Date;
    scheduledFor: Date | null;
    subjectType: string | null;
    subjectId: string | null;
  },
  source: string,
): EnvelopeEvent => {
  const occurredAt = event.occurredAt.toISOString();
  return {
    id: event.id,
    type: event.type,
    source,
    time: event.scheduledFor?.toISOString() ?? occurredAt,
    occurredAt,
    data: event.data,
    stepUuid: event.stepUuid,
    userId: event.userId,
    contextId: event.contextId,
    subject: subjectOf(event),
    resource: event.resource,
    trace: event.trace,
  };
};

export type Envelope = {
  contentType: string;
  headers: Record<string, string>;
  body: string;
};

/** The body and its headers. A pure function of its input: every attempt sends the same bytes. */
export function createEnvelope(event: EnvelopeEvent, format: HookFormat): Envelope {
  switch (format) {
    case "CLOUD_EVENT":
      return { contentType: "application/json", headers: {}, body: cloudEvent(event) };
    case "CLOUD_EVENT_STRUCTURED":
      return {
        contentType: "application/cloudevents+json",
        headers: {},
        body: structuredCloudEvent(event),
      };
    case "CLOUD_EVENT_BINARY":
      // Never an empty body: it would not be a JSON document, and receivers that parse by content type reject it.
      return {
        contentType: "application/json",
        headers: binaryHeaders(event),
        body: event.data ?? "null",
      };
    case "RESOURCE":
      if (event.resource == null) throw new Error(`event ${event.id} has no resource`);
      return { contentType: "application/json", headers: {}, body: event.resource };
    case "EVENT":
      return { contentType: "application/json", headers: {}, body: flatEvent(event) };
    case "DATA":
      return { contentType: "application/json", headers: {}, body: event.data ?? "null" };
  }
}

type Field = readonly [name: string, json: string];

const text = (name: string, value: string): Field => [name, JSON.stringify(value)];
const object = (fields: Field[]) =>
  `{${fields.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;

const cloudEvent = (event: EnvelopeEvent) =>
  object([
    text("specversion", "1.0-rc1"),
    text("id", event.id),
    text("type", event.type),
    text("source", event.source),
    text("time", event.time),
    ["data", event.data ?? "null"],
  ]);

const structuredCloudEvent = (event: EnvelopeEvent) =>
  object([
    text("specversion", "1.0"),
    text("id", event.id),
    text("type", event.type),
    text("source", event.source),
    text("time", event.time),
    ...optionalAttributes(event).map(([name, value]) => text(name, value)),
    text("datacontenttype", "application/json"),
    ["data", event.data ?? "null"],
  ]);

const binaryHeaders = (event: EnvelopeEvent) => ({
  "ce-specversion": "1.0",
  "ce-id": headerValue(event.id),
  "ce-type": headerValue(event.type),
  "ce-source": headerValue(event.source),
  "ce-time": headerValue(event.time),
  ...Object.fromEntries(
    optionalAttributes(event).map(([name, value]) => [`ce-${name}`, headerValue(value)]),
  ),
});

/**
 * Optional attributes of CloudEvents 1.0. `userid` and `contextid` are extensions, and so are those of the trace: by
 * CloudEvents' Distributed Tracing these tell of the emit, the headers of the same names of the attempt.
 */
const optionalAttributes = ({ subject, userId, contextId, trace }: EnvelopeEvent) =>
  Object.entries({ subject, userid: userId, contextid: contextId, ...traceHeaders(trace) }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );

/**
 * CloudEvents HTTP binding 1.0, 3.1.3.2: space, `"`, `%` and everything that is not printable ASCII are
 * percent-encoded.
 */
export const headerValue = (value: string) =>
  value.toWellFormed().replace(/[^\x21-\x7e]+|["%]/g, (part) => encodeURIComponent(part));

/** The flat format: the fields of the event's data next to the event's own fields, which data cannot override. */
function flatEvent(event: EnvelopeEvent): string {
  const fields = [text("type", event.type), text("created_on", event.occurredAt)];
  if (event.stepUuid !== null) fields.push(text("step_uuid", event.stepUuid));
  if (event.data === null) return object(fields);
  if (!event.data.trimStart().startsWith("{")) return object([...fields, ["data", event.data]]);
  const own = new Set(["type", "created_on", "step_uuid"]);
  // Values verbatim, because parsing would change large numbers.
  return object([...fields, ...membersOf(event.data).filter(([name]) => !own.has(name))]);
}
