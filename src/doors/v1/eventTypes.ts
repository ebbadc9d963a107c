import { z } from "zod";
import {
  type EventTypeRow,
  eventTypesByName,
  schemaOfVersion,
} from "../../db/eventType/eventTypes.ts";
import { listEventTypes } from "../../db/page/lists.ts";
import { archiveEventType } from "../../domain/eventType/archiveEventType.ts";
import {
  changeEventType,
  eventTypeInput,
  registerEventType,
} from "../../domain/eventType/eventType.ts";
import type { Context } from "../../graphql/builder/context.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { RawJson } from "../../util/json/rawJson.ts";
import { userError } from "../../util/userError.ts";
import { component, listOf } from "./answers.ts";
import { type Endpoint, endpoint, locationOf } from "./endpoint.ts";
import { pageBody, pageOf, pageQuery } from "./query.ts";
import { showEventType, showEventTypes } from "./shown/eventType.ts";

/** JSON values, which are taken as they were sent. */
const exact = ["schema", "example"];

const registration = z.strictObject(eventTypeInput.shape).meta({ id: "RegisterEventTypeInput" });
const changes = z
  .strictObject(eventTypeInput.omit({ name: true }).shape)
  .meta({ id: "UpdateEventTypeInput" });

async function findType({ caller, read }: Context, name: string): Promise<EventTypeRow> {
  const [type] = await read((sql) => eventTypesByName(sql, caller.projectId, [name]));
  return found(type, name);
}

function found(type: EventTypeRow | undefined, name: string): EventTypeRow {
  if (!type) throw userError("NOT_FOUND", `no event type '${name}'`, ["name"]);
  return type;
}

const given = (text: string | null): unknown => (text === null ? null : parseJson(text));

const none = { schema: null, example: null };

export const eventTypeEndpoints: Endpoint[] = [
  endpoint({
    method: "GET",
    path: "/v1/event-types",
    operation: "Query.eventTypes",
    summary: "The project's event types except archived ones, newest first.",
    query: z.strictObject({
      ...pageQuery,
      search: z
        .string()
        .max(200)
        .optional()
        .describe("Only with this text in the name or description."),
    }),
    answer: listOf("EventType"),
    async handle({ context, asked }) {
      const { caller, read } = context;
      const request = pageOf(asked);
      const page = await read((sql) => listEventTypes(sql, caller.projectId, asked, request));
      return { body: await pageBody(page, (rows) => showEventTypes(context, rows)) };
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/event-types",
    operation: "Mutation.registerEventType",
    summary: "Registers an event type, or the next version of one.",
    body: registration,
    exact,
    status: 201,
    answer: component("EventType"),
    async handle({ context, input }) {
      const { caller, hub } = context;
      const { name } = input;
      const whole = { ...none, ...input };
      const type = await registerEventType(hub.db, hub.programs.sandbox, caller.projectId, whole);
      return {
        body: await showEventType(context, type),
        headers: locationOf(context, `/v1/event-types/${encodeURIComponent(name)}`),
      };
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/event-types/{name}",
    operation: "Query.eventType",
    summary: "The event type with this name, even if archived.",
    answer: component("EventType"),
    async handle({ context, params: { name = "" } }) {
      return { body: await showEventType(context, await findType(context, name)) };
    },
  }),
  endpoint({
    method: "PATCH",
    path: "/v1/event-types/{name}",
    operation: "Mutation.registerEventType",
    summary:
      "Changes an event type; what is absent stays. Another schema makes the next version, and an archived type is restored.",
    body: changes,
    exact,
    answer: component("EventType"),
    async handle({ context, input, params: { name = "" } }) {
      const { caller, hub } = context;
      const { projectId } = caller;
      const merge = (before: EventTypeRow | undefined) => {
        const { description, schema, example, resourceType } = found(before, name);
        const stored = { schema: given(schema), example: given(example) };
        return { ...none, description, ...stored, resourceType, ...input, name };
      };
      const type = await changeEventType(hub.db, hub.programs.sandbox, projectId, name, merge);
      return { body: await showEventType(context, type) };
    },
  }),
  endpoint({
    method: "DELETE",
    path: "/v1/event-types/{name}",
    operation: "Mutation.archiveEventType",
    summary: "Archives an event type: it counts as unregistered. Registering it again restores it.",
    status: 204,
    async handle({ context: { caller, hub }, params: { name = "" } }) {
      await archiveEventType(hub.db, caller.projectId, name);
      return {};
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/schemas/{type}/{version}",
    operation: "Query.eventType",
    summary: "The schema of one version of an event type, as JSON Schema 2020-12.",
    answerType: "application/schema+json",
    answer: { type: ["object", "boolean"] },
    async handle({ context, params: { type = "", version = "" } }) {
      const { id } = await findType(context, type);
      const { caller, read } = context;
      const key = { projectId: caller.projectId, typeId: id, version: Number(version) };
      const [found] = /^[1-9]\d{0,8}$/.test(version)
        ? await read((sql) => schemaOfVersion(sql, key))
        : [];
      if (!found)
        throw userError("NOT_FOUND", `event type '${type}' has no version ${version}`, ["version"]);
      return {
        body: new RawJson(found.jsonSchema ?? "true"),
        headers: { "content-type": "application/schema+json" },
      };
    },
  }),
];
