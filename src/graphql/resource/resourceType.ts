import type { HookRow } from "../../db/hook/hooks.ts";
import {
  boundEvents,
  type ResourceTypeRow,
  resourceTypesById,
  resourceTypesOf,
} from "../../db/resource/resourceTypes.ts";
import { registerResourceType } from "../../domain/resource/resourceType.ts";
import { isObject } from "../../util/isObject.ts";
import { builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { rowLoader } from "../page/loaders.ts";

/** A resource type of the caller's project. */
export const loadResourceType = rowLoader<ResourceTypeRow>("resourceType", resourceTypesById);

/** The subject of an event that is emitted by hand for a hook of format RESOURCE: the resource that its data names. */
export async function resourceSubject(
  { caller, read }: Context,
  { format }: HookRow,
  event: string,
  data: unknown,
): Promise<{ type: string; id: string } | null> {
  if (format !== "RESOURCE" || !isObject(data) || typeof data.id !== "string") return null;
  const [bound] = await read((sql) => boundEvents(sql, caller.projectId, [event]));
  return bound ? { type: bound.resourceType, id: data.id } : null;
}

const ResourceType = builder.objectRef<ResourceTypeRow>("ResourceType").implement({
  description: "A kind of resource, and the events that its changes emit.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", {
      description: "The plural under which a resource is sent, such as `actions`; unique.",
    }),
    createdEvent: t.exposeString("createdEvent", {
      description: "The event type that createResource emits.",
    }),
    updatedEvent: t.exposeString("updatedEvent", {
      nullable: true,
      description: "The event type that updateResource emits; null for none.",
    }),
    deletedEvent: t.exposeString("deletedEvent", {
      nullable: true,
      description: "The event type that deleteResource emits; null for none.",
    }),
  }),
});

builder.queryField("resourceTypes", (t) =>
  t.field({
    type: [ResourceType],
    description: "The project's resource types, by name; at most 200.",
    resolve: async (_root, _args, { caller, read }) => [
      ...(await read((sql) => resourceTypesOf(sql, caller.projectId))),
    ],
  }),
);

const eventNote = "1 to 200 characters, no pattern";
const RegisterResourceTypeInput = builder.inputType("RegisterResourceTypeInput", {
  description:
    "A resource type to register, or its events anew. An event belongs to one resource type.",
  fields: (t) => ({
    name: t.string({
      required: true,
      description: "The plural, such as `actions`; 1 to 200 characters.",
    }),
    createdEvent: t.string({
      required: true,
      description: `The event type that createResource emits; ${eventNote}.`,
    }),
    updatedEvent: t.string({
      description: `The event type that updateResource emits; ${eventNote}; none when absent.`,
    }),
    deletedEvent: t.string({
      description: `The event type that deleteResource emits; ${eventNote}; none when absent.`,
    }),
  }),
});

const ResourceTypePayload = payloadType<{ resourceType: ResourceTypeRow }>(
  "ResourceTypePayload",
  "What registerResourceType answers.",
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
      "Registers a resource type; again under the same name, its events anew. Errors: INVALID, NAME_TAKEN for an event that another resource type has, LIMIT_REACHED.",
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
