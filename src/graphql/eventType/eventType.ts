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
import { archiveEventType, registerEventType } from "../../domain/eventType/eventType.ts";
import { checkType } from "../../domain/eventType/typeCheck.ts";
import { rawJson } from "../../util/rawJson.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { builder, Node } from "../builder/builder.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { payloadType, UserErrorType, withUserErrors } from "../builder/errors.ts";
import { HookConnection } from "../hook/hook.ts";
import { childPage } from "../page/childPage.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { batched, rowLoader } from "../page/loaders.ts";

const EventTypeOriginEnum = describedEnum("EventTypeOrigin", "Where an event type came from.", {
  CUSTOM: "Registered by the project.",
  CATALOG: "Installed from a catalogue.",
});

const EventTypeVersion = builder.objectRef<EventTypeVersionRow>("EventTypeVersion").implement({
  description: "What an event type looked like from one registration to the next.",
  fields: (t) => ({
    version: t.exposeInt("version", { description: "1 for the first." }),
    schema: t.field({
      type: "JSON",
      nullable: true,
      description: "The schema as it was given.",
      resolve: ({ schema }) => rawJson(schema),
    }),
    jsonSchema: t.field({
      type: "JSON",
      nullable: true,
      description: "The schema as JSON Schema 2020-12; null accepts anything.",
      resolve: ({ jsonSchema }) => rawJson(jsonSchema),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was registered." }),
  }),
});

/** An event type of the caller's project, archived ones too. */
export const loadEventType = rowLoader<EventTypeRow>("eventType", eventTypesById);

const EventType = builder.objectRef<EventTypeRow>("EventType").implement({
  description: "A kind of event, and what its data must look like.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", { description: "Unique in the project, case-sensitive." }),
    description: t.exposeString("description", {
      nullable: true,
      description: "What it stands for.",
    }),
    origin: t.expose("origin", { type: EventTypeOriginEnum, description: "Where it came from." }),
    catalog: t.exposeString("catalog", {
      nullable: true,
      description: "The catalogue it was installed from.",
    }),
    version: t.exposeInt("version", { description: "The current version: 1, 2, …" }),
    schema: t.field({
      type: "JSON",
      nullable: true,
      description: 'The schema as given: JSON Schema 2020-12, or the shorthand {"field":"String"}.',
      resolve: ({ schema }) => rawJson(schema),
    }),
    jsonSchema: t.field({
      type: "JSON",
      nullable: true,
      description: "The schema as JSON Schema 2020-12; null accepts anything.",
      resolve: ({ jsonSchema }) => rawJson(jsonSchema),
    }),
    example: t.field({
      type: "JSON",
      nullable: true,
      description: "Data that fits.",
      resolve: ({ example }) => rawJson(example),
    }),
    resourceType: t.string({
      nullable: true,
      description:
        "The resource type that its events are about, so that hooks of format RESOURCE may take it; null for none.",
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
      description: "Since when it counts as not registered; null for one in use.",
    }),
    versions: t.field({
      type: [EventTypeVersion],
      description: "Every version, newest first.",
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
      description: "The live hooks that take events of this type, newest first.",
      args: {
        first: t.arg.int({ description: "How many: 0 to 100, default 20." }),
        after: t.arg.string({ description: "The cursor to go on after." }),
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
    description:
      "An event type by its name, an archived one too; null when the project has none such.",
    args: { name: t.arg.string({ required: true, description: "The exact name." }) },
    resolve: async (_root, { name }, { caller, read }) =>
      (await read((sql) => eventTypesByName(sql, caller.projectId, [name]))).at(0) ?? null,
  }),
  eventTypes: t.field({
    type: EventTypeConnection,
    description: "The project's event types, newest first; archived ones are left out.",
    args: {
      first: t.arg.int({ description: "How many from the start: 0 to 100, default 20." }),
      after: t.arg.string({ description: "The cursor to go on after." }),
      last: t.arg.int({ description: "How many from the end: 0 to 100." }),
      before: t.arg.string({ description: "The cursor to end before." }),
      search: t.arg.string({
        description: "With this text in name or description, in any case; at most 200 characters.",
      }),
    },
    resolve: async (_root, args, { caller, read }) =>
      toConnection(
        await read((sql) => listEventTypes(sql, caller.projectId, args, pageRequest(args))),
      ),
  }),
  validateEvent: t.field({
    type: [UserErrorType],
    description: "What emitting this data would be told; empty when it fits. Stores nothing.",
    args: {
      type: t.arg.string({
        required: true,
        description: "The event type; one that is not registered is UNKNOWN_TYPE.",
      }),
      data: t.arg({ type: "JSON", description: "The data." }),
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
  description: "An event type to register, or its next version.",
  fields: (t) => ({
    name: t.string({
      required: true,
      description: "1 to 200 characters; neither `*` nor ending in `.*`.",
    }),
    description: t.string({ description: "At most 4,000 characters." }),
    schema: t.field({
      type: "JSON",
      description:
        'JSON Schema 2020-12, or the shorthand {"field":"String"}; at most 64 KiB; anything goes when absent.',
    }),
    example: t.field({ type: "JSON", description: "Data that fits the schema." }),
    resourceType: t.string({
      description:
        "The resource type its events are about, by their subject; need not be said of a resource type's own events, and may be registered later.",
    }),
    allowBreaking: t.boolean({
      defaultValue: false,
      description: "Accept a schema that refuses data which the current version takes.",
    }),
  }),
});

const EventTypePayload = payloadType<{ eventType: EventTypeRow }>(
  "EventTypePayload",
  "What changes of an event type answer.",
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
      "Registers an event type; again under the same name, its next version. Errors: INVALID, SCHEMA_INVALID, DATA_INVALID (the example), BREAKING_CHANGE, NAME_TAKEN (by a type of a catalogue, or another resource type has the event), LIMIT_REACHED.",
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
      "Takes an event type out of use; registering it again takes it back. Errors: NOT_FOUND, NOT_ALLOWED_NOW for a type of a catalogue, or while a hook names it.",
    args: { name: t.arg.string({ required: true, description: "The exact name." }) },
    resolve: (_root, { name }, { caller, hub }) =>
      withUserErrors(async () => ({
        eventType: await archiveEventType(hub.db, caller.projectId, name),
      })),
  }),
}));
