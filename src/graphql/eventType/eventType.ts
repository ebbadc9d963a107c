import { lastSeenPerType } from "../../db/event/lastSeen.ts";
import {
  type EventTypeRow,
  type EventTypeVersionRow,
  eventTypesById,
  eventTypesByName,
  eventTypeVersions,
} from "../../db/eventType/eventTypes.ts";
import { hooksPerType, listEventTypes } from "../../db/page/lists.ts";
import { boundEvents } from "../../db/resource/resourceTypes.ts";
import { checkEventInput } from "../../domain/event/eventInput.ts";
import { archiveEventType } from "../../domain/eventType/archiveEventType.ts";
import { registerEventType } from "../../domain/eventType/eventType.ts";
import { checkType } from "../../domain/eventType/typeCheck.ts";
import { rawJson } from "../../util/json/rawJson.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { builder, Node } from "../builder/builder.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { payloadType, UserErrorType, withUserErrors } from "../builder/errors.ts";
import { HookConnection } from "../hook/hook.ts";
import { childPage } from "../page/childPage.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { batched, rowLoader } from "../page/loaders.ts";
import { pageArgs } from "../page/pageArgs.ts";

const EventTypeOriginEnum = describedEnum("EventTypeOrigin", "How an event type was registered.", {
  CUSTOM: "Registered by the project.",
  CATALOG: "Installed from a catalogue.",
});

const EventTypeVersion = builder.objectRef<EventTypeVersionRow>("EventTypeVersion").implement({
  description: "One version of an event type.",
  fields: (t) => ({
    version: t.exposeInt("version", { description: "The version number; 1 for the first." }),
    schema: t.field({
      type: "JSON",
      nullable: true,
      description: "The schema as it was given.",
      resolve: ({ schema }) => rawJson(schema),
    }),
    jsonSchema: t.field({
      type: "JSON",
      nullable: true,
      description: "The schema as JSON Schema 2020-12. Null accepts any data.",
      resolve: ({ jsonSchema }) => rawJson(jsonSchema),
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      description: "When this version was registered.",
    }),
  }),
});

/** An event type of the caller's project, even if archived. */
export const loadEventType = rowLoader<EventTypeRow>("eventType", eventTypesById);

const EventType = builder.objectRef<EventTypeRow>("EventType").implement({
  description: "A kind of event and the schema of its data.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", {
      description: "The unique name within the project; case-sensitive.",
    }),
    description: t.exposeString("description", {
      nullable: true,
      description: "What the event type means.",
    }),
    origin: t.expose("origin", {
      type: EventTypeOriginEnum,
      description: "How the event type was registered.",
    }),
    catalog: t.exposeString("catalog", {
      nullable: true,
      description: "The catalogue that it was installed from; null for a CUSTOM type.",
    }),
    version: t.exposeInt("version", { description: "The current version: 1, 2, …" }),
    schema: t.field({
      type: "JSON",
      nullable: true,
      description: 'The schema as given: JSON Schema 2020-12 or the shorthand {"field":"String"}.',
      resolve: ({ schema }) => rawJson(schema),
    }),
    jsonSchema: t.field({
      type: "JSON",
      nullable: true,
      description: "The schema as JSON Schema 2020-12. Null accepts any data.",
      resolve: ({ jsonSchema }) => rawJson(jsonSchema),
    }),
    example: t.field({
      type: "JSON",
      nullable: true,
      description: "An example of valid data.",
      resolve: ({ example }) => rawJson(example),
    }),
    resourceType: t.string({
      nullable: true,
      description:
        "The resource type that its events are about; null if none. Hooks of format RESOURCE can use only event types that have one.",
      resolve: async ({ name, resourceType }, _args, context) => {
        const { caller, read } = context;
        const loader = batched(context, "resource type of event type", async (names) => {
          const rows = await read((sql) => boundEvents(sql, caller.projectId, names));
          return new Map(rows.map((row) => [row.event, row.resourceType]));
        });
        return (await loader.load(name)) ?? resourceType;
      },
    }),
    archivedAt: t.expose("archivedAt", {
      type: "DateTime",
      nullable: true,
      description:
        "When the event type was archived; null if it is in use. An archived type counts as unregistered.",
    }),
    lastSeenAt: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "When the newest event of this type that is still kept was accepted; null if there is none.",
      resolve: async ({ name }, _args, context) => {
        const { caller, read } = context;
        const loader = batched(context, "last seen of event type", (names) =>
          read((sql) => lastSeenPerType(sql, caller.projectId, names)),
        );
        return (await loader.load(name)) ?? null;
      },
    }),
    versions: t.field({
      type: [EventTypeVersion],
      description: "All versions, newest first.",
      resolve: async ({ id }, _args, context) => {
        const { caller, read } = context;
        const loader = batched(context, "eventTypeVersions", async (ids) =>
          Map.groupBy(
            await read((sql) => eventTypeVersions(sql, caller.projectId, ids)),
            (row) => row.eventTypeId,
          ),
        );
        return (await loader.load(id)) ?? [];
      },
    }),
    hooks: t.field({
      type: HookConnection,
      description:
        "The hooks, except deleted ones, that receive events of this type, newest first.",
      args: {
        first: t.arg.int({ description: "Page size: 0 to 100, default 20." }),
        after: t.arg.string({ description: "Return rows after this cursor." }),
      },
      resolve: ({ name }, args, context) =>
        childPage(context, "hooks of types", name, args, (names, request) =>
          context.read((sql) => hooksPerType(sql, context.caller.projectId, names, request)),
        ),
    }),
  }),
});

const EventTypeConnection = connectionType("EventType", EventType);

builder.queryFields((t) => ({
  eventType: t.field({
    type: EventType,
    nullable: true,
    description: "The event type with this name, even if archived; null if the project has none.",
    args: { name: t.arg.string({ required: true, description: "The exact name." }) },
    resolve: async (_root, { name }, { caller, read }) =>
      (await read((sql) => eventTypesByName(sql, caller.projectId, [name]))).at(0) ?? null,
  }),
  eventTypes: t.field({
    type: EventTypeConnection,
    description: "The project's event types except archived ones, newest first.",
    args: {
      ...pageArgs,
      search: t.arg.string({
        description:
          "Only with this text in the name or description; case-insensitive. At most 200 characters.",
      }),
    },
    resolve: async (_root, args, { caller, read }) =>
      toConnection(
        await read((sql) => listEventTypes(sql, caller.projectId, args, pageRequest(args))),
      ),
  }),
  validateEvent: t.field({
    type: [UserErrorType],
    description:
      "The errors that emitting this data would return; empty if it is valid. Stores nothing.",
    args: {
      type: t.arg.string({
        required: true,
        description: "The event type. An unregistered one is UNKNOWN_TYPE.",
      }),
      data: t.arg({ type: "JSON", description: "The data to validate." }),
    },
    resolve: async (_root, { type, data }, { caller, hub }): Promise<UserErrorDetail[]> => {
      const config = (await hub.configs.current([caller.projectId])).get(caller.projectId);
      if (!config) throw new Error(`no project ${caller.projectId}`);
      try {
        checkEventInput({ type, data });
        const strict = { ...config, requireRegisteredTypes: true };
        const { rejection } = await checkType(strict, hub.programs.schemas, type, data ?? null);
        return rejection?.entries ?? [];
      } catch (error) {
        if (error instanceof UserError) return error.entries;
        throw error;
      }
    },
  }),
}));

const RegisterEventTypeInput = builder.inputType("RegisterEventTypeInput", {
  description: "A new event type, or the next version of one.",
  fields: (t) => ({
    name: t.string({
      required: true,
      description: "1 to 200 characters; neither `*` nor ending in `.*`.",
    }),
    description: t.string({ description: "What the event type means; at most 4,000 characters." }),
    schema: t.field({
      type: "JSON",
      description:
        'JSON Schema 2020-12 or the shorthand {"field":"String"}; at most 64 KiB. If absent, any data is valid.',
    }),
    example: t.field({ type: "JSON", description: "An example of valid data." }),
    resourceType: t.string({
      description:
        "The resource type that the events' subject refers to. It may be registered later. Not needed for the event types that a resource type itself names.",
    }),
    allowBreaking: t.boolean({
      defaultValue: false,
      description: "Accept a schema that rejects data which the current version accepts.",
    }),
  }),
});

const EventTypePayload = payloadType<{ eventType: EventTypeRow }>(
  "EventTypePayload",
  "The result of mutations that change an event type.",
  (t) => ({
    eventType: t.field({
      type: EventType,
      nullable: true,
      description: "The event type as it is now.",
      resolve: ({ eventType }) => eventType,
    }),
  }),
);

builder.mutationFields((t) => ({
  registerEventType: t.field({
    type: EventTypePayload,
    description:
      "Registers an event type. Registering an existing name creates its next version. Errors: INVALID; SCHEMA_INVALID; DATA_INVALID if the example does not match the schema; BREAKING_CHANGE; NAME_TAKEN if the type belongs to a catalogue or the event to another resource type; LIMIT_REACHED.",
    args: {
      input: t.arg({
        type: RegisterEventTypeInput,
        required: true,
        description: "The event type.",
      }),
    },
    resolve: (_root, { input }, { caller, hub }) =>
      withUserErrors(async () => ({
        eventType: await registerEventType(hub.db, hub.programs.sandbox, caller.projectId, {
          schema: null,
          example: null,
          ...input,
        }),
      })),
  }),
  archiveEventType: t.field({
    type: EventTypePayload,
    description:
      "Archives an event type. Registering it again restores it. Errors: NOT_FOUND; NOT_ALLOWED_NOW if it belongs to a catalogue or a hook names it.",
    args: { name: t.arg.string({ required: true, description: "The exact name." }) },
    resolve: (_root, { name }, { caller, hub }) =>
      withUserErrors(async () => ({
        eventType: await archiveEventType(hub.db, caller.projectId, name),
      })),
  }),
}));
