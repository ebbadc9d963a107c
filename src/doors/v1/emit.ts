import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { emitMany, emitOne, longestWait } from "../../domain/emit/emitAndWait.ts";
import type { Emitted } from "../../domain/emit/emitWrite.ts";
import { entriesAt } from "../../domain/emit/idempotency.ts";
import { type EventInput, eventLimits } from "../../domain/event/eventInput.ts";
import type { Context } from "../../graphql/builder/context.ts";
import { requestError } from "../../graphql/gate/requestError.ts";
import type { DoorRequest } from "../../http/door/door.ts";
import { mediaTypeOf, parseBody } from "../../http/post/jsonBody.ts";
import { jsonItems } from "../../util/json/exactJson.ts";
import { UserError, type UserErrorDetail, userError } from "../../util/userError.ts";
import { cloudEvent, fromCloudEvent, inAttributes, isBinary, readBinary } from "./cloudEvents.ts";
import { emitEventInput, parseEvent } from "./emitInput.ts";
import { endpoint } from "./endpoint.ts";

const CLOUD_EVENT = "application/cloudevents+json";
const CLOUD_EVENTS = "application/cloudevents-batch+json";
const JSON_TYPE = "application/json";

type Parsed = { input: EventInput; waitMs?: number | null | undefined };

/** What a request emits: one event, or a list that is answered with a list. */
type Emit = { events: Parsed[]; isList: boolean; isCloudEvent: boolean };

/** Parses the items of a list. Throws the errors of all of them, with their index. */
function parseItems(values: readonly unknown[], parse: (value: unknown) => Parsed): Parsed[] {
  // What is too long is refused before it is looked at.
  if (values.length > eventLimits.batch)
    throw userError(
      "INVALID",
      `a list takes 1 to ${eventLimits.batch} events, got ${values.length}`,
    );
  const errors: UserErrorDetail[] = [];
  const events = values.flatMap((value, index) => {
    try {
      return [parse(value)];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      errors.push(...entriesAt(index, error));
      return [];
    }
  });
  if (errors.length > 0) throw new UserError(errors);
  return events;
}

function read({ headers, body }: DoorRequest): Emit {
  const type = mediaTypeOf(headers);
  const one = (value: unknown): Parsed => ({ input: fromCloudEvent(value) });
  if (type === CLOUD_EVENT)
    return { events: [one(parseBody(body))], isList: false, isCloudEvent: true };
  if (type === CLOUD_EVENTS) {
    const list = parseBody(body);
    if (!Array.isArray(list)) throw userError("INVALID", "the body must be a list of CloudEvents");
    return { events: parseItems(jsonItems(list), one), isList: true, isCloudEvent: true };
  }
  if (type !== undefined && isBinary(headers))
    return { events: [one(readBinary(headers, body))], isList: false, isCloudEvent: true };
  if (type !== JSON_TYPE)
    throw requestError(
      "UNSUPPORTED_MEDIA_TYPE",
      `Send events as ${JSON_TYPE}, ${CLOUD_EVENT} or ${CLOUD_EVENTS} in UTF-8, uncompressed, or a CloudEvent with ce- headers.`,
    );
  const value = parseBody(body);
  if (!Array.isArray(value))
    return { events: [parseEvent(value)], isList: false, isCloudEvent: false };
  return { events: parseItems(jsonItems(value), parseEvent), isList: true, isCloudEvent: false };
}

/**
 * The header is the key of a single event; in a list each event without a key has its own. Throws
 * INVALID when there are two.
 */
function withKey({ events, isList, isCloudEvent }: Emit, headers: IncomingHttpHeaders): void {
  const key = headers["idempotency-key"];
  if (key === undefined) return;
  const invalid = (message: string) => userError("INVALID", message, ["Idempotency-Key"]);
  if (isCloudEvent)
    throw invalid("source and id are a CloudEvent's idempotency key: leave out Idempotency-Key");
  if (typeof key !== "string" || !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(key))
    throw invalid("the header Idempotency-Key must be printable ASCII, and not empty");
  for (const [index, { input }] of events.entries()) {
    const own = input.idempotencyKey;
    if (!isList && own != null && own !== key)
      throw invalid("the header Idempotency-Key and the field 'idempotencyKey' differ: give one");
    input.idempotencyKey = own ?? (isList ? `${key}/${index}` : key);
  }
}

const shown = ({ event: { id, status }, isDuplicate }: Emitted) => ({ id, status, isDuplicate });

async function emit(context: Context, { events, isList }: Emit) {
  const waitMs = longestWait(
    events.map((one) => one.waitMs),
    (index) => (isList ? [index, "waitMs"] : ["waitMs"]),
  );
  const [first] = events;
  if (!isList && first) return shown(await emitOne(context, first.input, "API", waitMs));
  const inputs = events.map(({ input }) => input);
  return (await emitMany(context, "a list", inputs, waitMs)).map(shown);
}

const result = {
  type: "object",
  required: ["id", "status", "isDuplicate"],
  properties: {
    id: { type: "string", format: "uuid", description: "The event's id." },
    status: { $ref: "#/components/schemas/EventStatus" },
    isDuplicate: {
      type: "boolean",
      description: "Whether the idempotency key was used before: the answer is the earlier event.",
    },
  },
};

export const emitEvents = endpoint({
  method: "POST",
  path: "/v1/events",
  operation: "Mutation.emitEvent",
  summary: `Emits an event, or a list of 1 to ${eventLimits.batch}: all or none. 201 means that they are stored. Also takes CloudEvents 1.0 in structured, batched and binary mode, whose source and id are the idempotency key.`,
  headers: {
    "Idempotency-Key":
      "The `idempotencyKey` of the event. In a list each event without one has `<key>/<index>`. Not for CloudEvents.",
  },
  bodies: {
    [JSON_TYPE]: z.union([emitEventInput, z.array(emitEventInput)]),
    [CLOUD_EVENT]: cloudEvent,
    [CLOUD_EVENTS]: z.array(cloudEvent),
  },
  status: 201,
  answer: { oneOf: [result, { type: "array", items: result }] },
  async handle(request) {
    const given = read(request);
    withKey(given, request.headers);
    try {
      return { body: await emit(request.context, given) };
    } catch (error) {
      throw given.isCloudEvent ? inAttributes(error, given.isList ? 1 : 0) : error;
    }
  },
});
