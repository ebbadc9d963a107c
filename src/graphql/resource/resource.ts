import {
  listResources,
  type ResourceRow,
  resourceByKey,
  resourcesById,
} from "../../db/resource/resources.ts";
import { representationOf } from "../../domain/resource/resourceInput.ts";
import { MAX_JSON_DEPTH } from "../../util/jsonDepth.ts";
import { rawJson } from "../../util/rawJson.ts";
import { builder, Node } from "../builder/builder.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { rowLoader } from "../page/loaders.ts";

/** A resource of the caller's project; a deleted one, too, while it is kept. */
export const loadResource = rowLoader<ResourceRow>("resource", resourcesById);

export const Resource = builder.objectRef<ResourceRow>("Resource").implement({
  description: "Something that events are about, kept here so that hooks can be sent it.",
  interfaces: [Node],
  fields: (t) => ({
    type: t.exposeString("type", { description: "The name of its resource type." }),
    resourceId: t.exposeString("resourceId", {
      description: "Its own id, unique among the live ones of its type; 1 to 200 characters.",
    }),
    attributes: t.field({
      type: "JSON",
      description: `Everything but its id: an object of at most 256 KiB and ${MAX_JSON_DEPTH} levels.`,
      resolve: ({ attributes }) => rawJson(attributes),
    }),
    version: t.exposeInt("version", { description: "1, and 1 more with every update." }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was created." }),
    updatedAt: t.expose("updatedAt", {
      type: "DateTime",
      description: "When it was last updated, or deleted.",
    }),
    representation: t.field({
      type: "JSON",
      description:
        'What hooks of format RESOURCE are sent of it: `{"actions":[{"id":"123",…its attributes}]}`.',
      resolve: (resource) => rawJson(representationOf(resource)),
    }),
  }),
});

const ResourceConnection = connectionType("Resource", Resource);

builder.queryFields((t) => ({
  resource: t.field({
    type: Resource,
    nullable: true,
    description: "The live resource of that type and id; null when the project has none such.",
    args: {
      type: t.arg.string({ required: true, description: "The resource type's exact name." }),
      resourceId: t.arg.string({ required: true, description: "The resource's own id." }),
    },
    resolve: async (_root, args, { caller, read }) =>
      (await read((sql) => resourceByKey(sql, { projectId: caller.projectId, ...args }))).at(0) ??
      null,
  }),
  resources: t.field({
    type: ResourceConnection,
    description: "The live resources of a type, newest first.",
    args: {
      type: t.arg.string({ required: true, description: "The resource type's exact name." }),
      first: t.arg.int({ description: "How many from the start: 0 to 100, default 20." }),
      after: t.arg.string({ description: "The cursor to go on after." }),
      last: t.arg.int({ description: "How many from the end: 0 to 100." }),
      before: t.arg.string({ description: "The cursor to end before." }),
    },
    resolve: async (_root, args, { caller, read }) =>
      toConnection(
        await read((sql) => listResources(sql, caller.projectId, args.type, pageRequest(args))),
      ),
  }),
}));
