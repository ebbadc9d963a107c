import {
  type ResourceTypeRow,
  resourceTypesById,
  resourceTypesOf,
} from "../../db/resource/resourceTypes.ts";
import { registerResourceType } from "../../domain/resource/resourceType.ts";
import { builder, Node } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { rowLoader } from "../page/loaders.ts";

/** A resource type of the caller's project. */
export const loadResourceType = rowLoader<ResourceTypeRow>("resourceType", resourceTypesById);

const ResourceType = builder.objectRef<ResourceTypeRow>("ResourceType").implement({
  description: "A kind of resource and the event types that its changes emit.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", {
      description:
        "The unique name in the plural, such as `actions`. Hooks receive resources under this key.",
    }),
    createdEvent: t.exposeString("createdEvent", {
      description: "The event type that createResource emits.",
    }),
    updatedEvent: t.exposeString("updatedEvent", {
      nullable: true,
      description: "The event type that updateResource emits; null if none.",
    }),
    deletedEvent: t.exposeString("deletedEvent", {
      nullable: true,
      description: "The event type that deleteResource emits; null if none.",
    }),
  }),
});

builder.queryField("resourceTypes", (t) =>
  t.field({
    type: [ResourceType],
    description: "The project's resource types, sorted by name; at most 200.",
    resolve: async (_root, _args, { caller, read }) => [
      ...(await read((sql) => resourceTypesOf(sql, caller.projectId))),
    ],
  }),
);

const eventNote = "1 to 200 characters, not a pattern";
const RegisterResourceTypeInput = builder.inputType("RegisterResourceTypeInput", {
  description:
    "A new resource type, or new event types for an existing one. An event type belongs to at most one resource type.",
  fields: (t) => ({
    name: t.string({
      required: true,
      description: "The name in the plural, such as `actions`; 1 to 200 characters.",
    }),
    createdEvent: t.string({
      required: true,
      description: `The event type that createResource emits; ${eventNote}.`,
    }),
    updatedEvent: t.string({
      description: `The event type that updateResource emits; ${eventNote}. Default: none.`,
    }),
    deletedEvent: t.string({
      description: `The event type that deleteResource emits; ${eventNote}. Default: none.`,
    }),
  }),
});

const ResourceTypePayload = payloadType<{ resourceType: ResourceTypeRow }>(
  "ResourceTypePayload",
  "The result of registerResourceType.",
  (t) => ({
    resourceType: t.field({
      type: ResourceType,
      nullable: true,
      description: "The resource type as it is now.",
      resolve: ({ resourceType }) => resourceType,
    }),
  }),
);

builder.mutationField("registerResourceType", (t) =>
  t.field({
    type: ResourceTypePayload,
    description:
      "Registers a resource type. Registering an existing name replaces its event types. Errors: INVALID; NAME_TAKEN if an event type belongs to another resource type; LIMIT_REACHED.",
    args: {
      input: t.arg({
        type: RegisterResourceTypeInput,
        required: true,
        description: "The resource type.",
      }),
    },
    resolve: (_root, { input }, { caller, hub }) =>
      withUserErrors(async () => ({
        resourceType: await registerResourceType(hub.db.sql, caller.projectId, input),
      })),
  }),
);
