import {
  type ChangedResource,
  createResource,
  deleteResource,
  updateResource,
} from "../../domain/resource/resource.ts";
import { MAX_JSON_DEPTH } from "../../util/json/jsonDepth.ts";
import { builder } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { Event } from "../event/event.ts";
import { Resource } from "./resource.ts";

const CreateResourceInput = builder.inputType("CreateResourceInput", {
  description: "The resource to create.",
  fields: (t) => ({
    type: t.string({ required: true, description: "The name of a registered resource type." }),
    resourceId: t.string({
      description:
        "The resource's own id; 1 to 200 characters. Default: the next number of its type, as a string.",
    }),
    attributes: t.field({
      type: "JSON",
      required: true,
      description: `An object of at most 256 KiB and ${MAX_JSON_DEPTH} levels. A member \`id\` is ignored; \`resourceId\` takes its place.`,
    }),
  }),
});

const ResourcePayload = payloadType<ChangedResource>(
  "ResourcePayload",
  "The result of mutations that change a resource, after the commit.",
  (t) => ({
    resource: t.field({
      type: Resource,
      nullable: true,
      description: "The resource as it is now, or as it was before its deletion.",
      resolve: ({ resource }) => resource,
    }),
    event: t.field({
      type: Event,
      nullable: true,
      description:
        "The event that reports the change; null if the resource type has no event for it.",
      resolve: ({ event }) => event,
    }),
  }),
);

const placeOf = ({ caller, trace }: Context) => ({ projectId: caller.projectId, trace });

const refusals = "DATA_INVALID or UNKNOWN_TYPE if the event is rejected (nothing is changed then)";

builder.mutationFields((t) => {
  const type = t.arg.string({
    required: true,
    description: "The exact name of the resource type.",
  });
  const resourceId = t.arg.string({ required: true, description: "The resource's own id." });
  return {
    createResource: t.field({
      type: ResourcePayload,
      description: `Creates a resource and emits the \`createdEvent\` of its type, atomically. The resource is the event's subject and data. Errors: INVALID, NOT_FOUND for the type, NAME_TAKEN, ${refusals}.`,
      args: {
        input: t.arg({
          type: CreateResourceInput,
          required: true,
          description: "The resource to create.",
        }),
      },
      resolve: (_root, { input }, context) =>
        withUserErrors(() =>
          createResource(context.hub.emitInTransaction, placeOf(context), input),
        ),
    }),
    updateResource: t.field({
      type: ResourcePayload,
      description: `Replaces all attributes of a resource and emits the \`updatedEvent\` of its type, atomically. Errors: INVALID, NOT_FOUND, ${refusals}.`,
      args: {
        type,
        resourceId,
        attributes: t.arg({
          type: "JSON",
          required: true,
          description: "The new attributes, as in CreateResourceInput. They replace the old ones.",
        }),
      },
      resolve: (_root, { attributes, ...key }, context) =>
        withUserErrors(() =>
          updateResource(
            context.hub.emitInTransaction,
            { ...placeOf(context), ...key },
            attributes,
          ),
        ),
    }),
    deleteResource: t.field({
      type: ResourcePayload,
      description: `Deletes a resource and emits the \`deletedEvent\` of its type with its last state, atomically. Its id can be used again. Errors: NOT_FOUND, ${refusals}.`,
      args: { type, resourceId },
      resolve: (_root, key, context) =>
        withUserErrors(() =>
          deleteResource(context.hub.emitInTransaction, { ...placeOf(context), ...key }),
        ),
    }),
  };
});
