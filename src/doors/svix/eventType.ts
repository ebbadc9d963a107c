import { z } from "zod";
import {
  type EventTypeRow,
  eventTypesByName,
  eventTypesByOrder,
} from "../../db/eventType/eventTypes.ts";
import { archiveEventType } from "../../domain/eventType/archiveEventType.ts";
import { changeEventType } from "../../domain/eventType/eventType.ts";
import type { DoorRequest, Route } from "../../http/door/door.ts";
import { isObject } from "../../util/json/isObject.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { rawJson } from "../../util/json/rawJson.ts";
import { userError } from "../../util/userError.ts";
import { eventType } from "./endpointShape.ts";
import { parseBody, parseName, parseQuery, withNames } from "./input.ts";
import { NotServed } from "./notServed.ts";
import { listOf, pagingByName } from "./page.ts";

const schemas = z.record(
  z.string().regex(/^\d{1,9}$/, "must be named by the number of a version"),
  // Not parsed further, so that it stays as it was sent.
  z.custom<Record<string, unknown>>(isObject, "must be an object"),
);

const eventTypeUpdate = z.object({
  description: z.string(),
  archived: z.boolean().nullish(),
  schemas: schemas.nullish(),
  featureFlag: z.string().nullish(),
  featureFlags: z.array(z.string()).nullish(),
});
const eventTypeIn = eventTypeUpdate.extend({ name: eventType });
const eventTypePatch = eventTypeUpdate.partial();

const flag = z.enum(["true", "false"], "must be true or false").optional();
const listQuery = z.object({ include_archived: flag, with_content: flag });
const deleteQuery = z.object({ expunge: flag });

const names = { schema: "schemas", example: "schemas" };

const eventTypeOut = (type: EventTypeRow, withSchemas = true) => ({
  name: type.name,
  description: type.description ?? "",
  archived: type.archivedAt !== null,
  deprecated: false,
  schemas:
    withSchemas && type.jsonSchema !== null ? { [type.version]: rawJson(type.jsonSchema) } : null,
  createdAt: type.createdAt,
  updatedAt: type.archivedAt ?? type.createdAt,
});

/** Drafts whose `$schema` would be refused; what they say is read as 2020-12. */
const EARLIER_DRAFT = /^https?:\/\/json-schema\.org\/draft-0[467]\/schema#?$/;

/** The newest schema, and its example. */
function schemaOf(given: z.output<typeof schemas>): { schema: unknown; example: unknown } {
  const [newest] = Object.entries(given).sort(([a], [b]) => Number(b) - Number(a));
  if (!newest) return { schema: null, example: null };
  const { $schema, ...rest } = newest[1];
  const isEarlier = typeof $schema === "string" && EARLIER_DRAFT.test($schema);
  const examples = Array.isArray(rest.examples) ? rest.examples : [rest.example];
  return { schema: isEarlier ? rest : newest[1], example: examples[0] ?? null };
}

const stored = (type: EventTypeRow) => ({
  schema: type.schema === null ? null : parseJson(type.schema),
  example: type.example === null ? null : parseJson(type.example),
  resourceType: type.resourceType,
});

type Given = z.output<typeof eventTypePatch>;

async function find({ context: { caller, read } }: DoorRequest, name: string) {
  const [type] = await read((sql) => eventTypesByName(sql, caller.projectId, [name]));
  return type;
}

type Before = EventTypeRow | undefined;

/** Registers the type as it is given; what is absent stays as it is in what `base` makes of what there is. */
async function write(
  { context: { caller, hub } }: DoorRequest,
  name: string,
  { description, archived, schemas, featureFlag, featureFlags }: Given,
  base: (current: Before) => Before,
): Promise<EventTypeRow> {
  if (featureFlag != null || featureFlags != null)
    throw new NotServed("Feature flags of event types are not served: every key sees all types.");
  const { db, programs } = hub;
  return withNames(names, () =>
    changeEventType(db, programs.sandbox, caller.projectId, name, (current) => {
      const before = base(current);
      return {
        ...(before && stored(before)),
        ...(schemas !== undefined && schemaOf(schemas ?? {})),
        description: description ?? before?.description ?? null,
        isArchived: archived ?? (before !== undefined && before.archivedAt !== null),
        ...{ name, allowBreaking: true },
      };
    }),
  );
}

const whole = (given: Given): Given => ({
  ...given,
  archived: given.archived ?? false,
  schemas: given.schemas ?? null,
});

async function create(request: DoorRequest) {
  const { name, ...given } = parseBody(request, eventTypeIn);
  const type = await write(request, name, whole(given), (current) => {
    if (current && current.archivedAt === null)
      throw userError("NAME_TAKEN", `there is an event type '${name}' already`, ["name"]);
    return undefined;
  });
  return { status: 201, body: eventTypeOut(type) };
}

function found(type: Before, name: string): EventTypeRow {
  if (!type) throw userError("NOT_FOUND", `there is no event type '${name}'`);
  return type;
}

/** The event type of the path. Throws NOT_FOUND. */
async function typeOf(request: DoorRequest): Promise<EventTypeRow> {
  const { event_type_name: name = "" } = request.params;
  return found(await find(request, name), name);
}

async function replace(request: DoorRequest) {
  const name = parseName(eventType, request.params.event_type_name);
  const given = parseBody(request, eventTypeUpdate);
  const known = await find(request, name);
  const type = await write(request, name, whole(given), () => undefined);
  return { status: known ? 200 : 201, body: eventTypeOut(type) };
}

async function patch(request: DoorRequest) {
  const given = parseBody(request, eventTypePatch);
  const { event_type_name: name = "" } = request.params;
  const type = await write(request, name, given, (current) => found(current, name));
  return { status: 200, body: eventTypeOut(type) };
}

async function list(request: DoorRequest) {
  const { caller, read } = request.context;
  const query = parseQuery(request, listQuery);
  const { limit, from, isPrevious } = pagingByName(request, "ascending");
  const found = await read((sql) =>
    eventTypesByOrder(sql, caller.projectId, {
      limit,
      after: isPrevious ? undefined : from,
      before: isPrevious ? from : undefined,
      backward: isPrevious,
      withArchived: query.include_archived === "true",
    }),
  );
  const types = found.slice(0, limit);
  if (isPrevious) types.reverse();
  const shown = types.map((type) => eventTypeOut(type, query.with_content === "true"));
  const ids = { first: types[0]?.name, last: types.at(-1)?.name };
  return { status: 200, body: listOf(shown, ids, found.length <= limit) };
}

async function remove(request: DoorRequest) {
  const { expunge } = parseQuery(request, deleteQuery);
  if (expunge === "true")
    throw new NotServed("Event types are archived, not expunged: their events keep them.");
  const { caller, hub } = request.context;
  await archiveEventType(hub.db, caller.projectId, (await typeOf(request)).name);
  return { status: 204 };
}

const ALL = "/api/v1/event-type";
const ONE = "/api/v1/event-type/{event_type_name}";
const change = { operation: "Mutation.registerEventType" } as const;

export const eventTypeRoutes: Route[] = [
  { method: "GET", path: ALL, operation: "Query.eventTypes", handle: list },
  { method: "POST", path: ALL, ...change, handle: create },
  {
    method: "GET",
    path: ONE,
    operation: "Query.eventType",
    handle: async (request) => ({ status: 200, body: eventTypeOut(await typeOf(request)) }),
  },
  { method: "PUT", path: ONE, ...change, handle: replace },
  { method: "PATCH", path: ONE, ...change, handle: patch },
  { method: "DELETE", path: ONE, operation: "Mutation.archiveEventType", handle: remove },
];
