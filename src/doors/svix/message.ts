import { z } from "zod";
import type { ApplicationRow } from "../../db/application/applications.ts";
import { type EventRow, eventsById } from "../../db/event/events.ts";
import { eventIdOfUid } from "../../db/event/idempotencyKeys.ts";
import { listEvents } from "../../db/event/list.ts";
import type { Audited } from "../../domain/audit/audit.ts";
import { withoutIndex } from "../../domain/emit/emitAndWait.ts";
import type { EventInput } from "../../domain/event/eventInput.ts";
import { expungeEvent } from "../../domain/event/expunge.ts";
import { roleRejection, rolesOfOperation } from "../../domain/project/roles.ts";
import { requestError } from "../../graphql/gate/requestError.ts";
import type { DoorRequest, Route } from "../../http/door/door.ts";
import { isId } from "../../util/ids.ts";
import { isObject } from "../../util/json/isObject.ts";
import { RawJson } from "../../util/json/rawJson.ts";
import { userError } from "../../util/userError.ts";
import { timeOfUtc } from "../input/time.ts";
import {
  applicationChange,
  applicationIn,
  applicationOf,
  createNamed,
  lookUp,
} from "./application.ts";
import { channels, eventType } from "./endpointShape.ts";
import { idempotencyKeyOf, identifier, parseBody, parseQuery, setOf, withNames } from "./input.ts";
import { NotServed } from "./notServed.ts";
import { pagingOf, toList, toPageRequest } from "./page.ts";

const tag = z
  .string()
  .regex(/^[a-zA-Z0-9\-_./\\#]+$/, "must be letters, digits and - _ . / \\ # only")
  .max(128, "must have at most 128 characters");

/** Any object, exactly as it was sent. */
export const payload = z.unknown().refine(isObject, "must be an object");

const messageIn = z.object({
  eventType,
  payload,
  eventId: identifier(256).nullish(),
  channels: channels.nullish(),
  tags: setOf(tag, 0, 10).nullish(),
  deliverAt: timeOfUtc.nullish(),
  application: applicationIn.nullish(),
  transformationsParams: z.unknown().optional(),
});

const flag = z.enum(["true", "false"], "must be true or false").optional();
const contentQuery = z.object({ with_content: flag });

/** Filters of lists of messages and of attempts. */
export const messageFilter = z.object({
  channel: z.string().optional(),
  tag: z.string().optional(),
  before: timeOfUtc.optional(),
  after: timeOfUtc.optional(),
  with_content: flag,
  event_types: z.array(z.string()).optional(),
});

/** The message's names for what goes by other names in the hub. */
const names = {
  type: "eventType",
  data: "payload",
  uid: "eventId",
  timestamp: "deliverAt",
  idempotencyKey: "idempotency-key",
};

/** An event emitted by a message's fields, whose errors are told with the message's names. */
export const emitMessage = (
  { context: { caller, hub, trace } }: DoorRequest,
  input: EventInput,
  only: { onlyHookId?: string; audited?: (eventId: string) => Audited } = {},
): Promise<EventRow> =>
  withNames(names, async () => {
    const call = { projectId: caller.projectId, inputs: [input], origin: "API" as const, trace };
    const [one] = await hub.emitter.emit({ ...call, ...only }).catch(withoutIndex);
    if (!one) throw new Error("the emitter gave no event");
    return one.event;
  });

export const messageOut = (event: EventRow, withContent = true) => ({
  id: event.id,
  eventId: event.uid,
  eventType: event.type,
  payload: withContent && event.data !== null ? new RawJson(event.data) : {},
  channels: event.channels,
  tags: event.tags,
  timestamp: event.receivedAt,
  ...(event.scheduledFor && { deliverAt: event.scheduledFor }),
});

/** The application of the path, made of `application` when it is not there yet. */
async function applicationFor(
  request: DoorRequest,
  given: z.output<typeof messageIn>["application"],
): Promise<ApplicationRow> {
  if (given == null) return applicationOf(request);
  const known = await lookUp(request.context, request.params.app_id ?? "");
  if (known) return known;
  const { role } = request.context.caller;
  const roles = rolesOfOperation(applicationChange.operation);
  if (!roles.includes(role))
    throw requestError("FORBIDDEN", roleRejection("Creating an application", roles, role));
  return createNamed(request, given);
}

async function create(request: DoorRequest) {
  const { with_content } = parseQuery(request, contentQuery);
  const message = parseBody(request, messageIn);
  if (message.transformationsParams != null)
    throw new NotServed(
      "Transformations are not served: a message has no transformationsParams, its payload is sent as it is.",
    );
  const { userId } = await applicationFor(request, message.application);
  const event = await emitMessage(request, {
    ...{ userId, type: message.eventType, data: message.payload, uid: message.eventId },
    ...{ channels: message.channels, tags: message.tags?.length ? message.tags : null },
    timestamp: message.deliverAt,
    idempotencyKey: idempotencyKeyOf(request),
  });
  return { status: 202, body: messageOut(event, with_content !== "false") };
}

/** The event of the path, by its id or by its `eventId`. Throws NOT_FOUND. */
export async function messageOf(request: DoorRequest): Promise<EventRow> {
  const { caller, read } = request.context;
  const { projectId } = caller;
  const { msg_id: id = "" } = request.params;
  const { userId } = await applicationOf(request);
  const found = await read(async (sql) => {
    const [byId] = isId(id) ? await eventsById(sql, projectId, [id]) : [];
    if (byId?.userId === userId) return byId;
    const [named] = await eventIdOfUid(sql, { projectId, userId, uid: id });
    const [byUid] = named ? await eventsById(sql, projectId, [named.eventId]) : [];
    return byUid;
  });
  if (!found)
    throw userError("NOT_FOUND", `the application has no message with the id or eventId ${id}`);
  return found;
}

/** Without an iterator, `after` alone begins at its own end, as with Svix. */
export function pagingWithin(
  request: DoorRequest,
  { before, after }: { before?: Date | undefined; after?: Date | undefined },
) {
  const paging = pagingOf(request, "descending");
  const beginsAfter = paging.from === undefined && before === undefined && after !== undefined;
  return beginsAfter ? { ...paging, isPrevious: true } : paging;
}

async function list(request: DoorRequest) {
  const { caller, read } = request.context;
  const filter = parseQuery(request, messageFilter);
  const paging = pagingWithin(request, filter);
  const { userId } = await applicationOf(request);
  const page = await read((sql) =>
    listEvents(
      sql,
      caller.projectId,
      {
        userId,
        types: filter.event_types,
        channel: filter.channel,
        tag: filter.tag,
        since: filter.after,
        until: filter.before,
      },
      toPageRequest(paging),
    ),
  );
  const withContent = filter.with_content !== "false";
  const body = toList(paging, page, (event) => messageOut(event, withContent));
  return { status: 200, body };
}

const ALL = "/api/v1/app/{app_id}/msg";

export const messageRoutes: Route[] = [
  { method: "GET", path: ALL, operation: "Query.events", handle: list },
  { method: "POST", path: ALL, operation: "Mutation.emitEvent", handle: create },
  {
    method: "GET",
    path: `${ALL}/{msg_id}`,
    operation: "Query.event",
    handle: async (request) => {
      const { with_content } = parseQuery(request, contentQuery);
      return { status: 200, body: messageOut(await messageOf(request), with_content !== "false") };
    },
  },
  {
    method: "DELETE",
    path: `${ALL}/{msg_id}/content`,
    operation: "Mutation.expungeEvent",
    handle: async (request) => {
      const { caller, hub } = request.context;
      const { id } = await messageOf(request);
      await expungeEvent(hub.db.sql, caller.projectId, id, caller.keyName);
      return { status: 204 };
    },
  },
];
