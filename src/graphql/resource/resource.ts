import {
  listResources,
  type ResourceRow,
  resourceByKey,
  resourcesById,
} from "../../db/resource/resources.ts";
import { representationOf } from "../../domain/resource/resourceInput.ts";
import { MAX_JSON_DEPTH } from "../../util/json/jsonDepth.ts";
import { rawJson } from "../../util/json/rawJson.ts";
import { builder, Node } from "../builder/builder.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { rowLoader } from "../page/loaders.ts";
import { pageArgs } from "../page/pageArgs.ts";

/** A resource of the caller's project, even if deleted (until retention removes it). */
export const loadResource = rowLoader<ResourceRow>("resource", resourcesById);

export const Resource = builder.objectRef<ResourceRow>("Resource").implement({
  description: "Something that events are about, stored in the hub so that hooks can receive it.",
  interfaces: [Node],
  fields: (t) => ({
    type: t.exposeString("type", { description: "The name of the resource type." }),
    resourceId: t.exposeString("resourceId", {
      description:
        "The resource's own id, unique among the existing resources of its type; 1 to 200 characters.",
    }),
    attributes: t.field({
      type: "JSON",
      description: `All attributes except the id: an object of at most 256 KiB and ${MAX_JSON_DEPTH} levels.`,
      resolve: ({ attributes }) => rawJson(attributes),
    }),
    version: t.exposeInt("version", {
      description: "The version number: 1, increased by 1 with each update.",
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      description: "When the resource was created.",
    }),
    updatedAt: t.expose("updatedAt", {
      type: "DateTime",
      description: "When the resource was last updated or deleted.",
    }),
    representation: t.field({
      type: "JSON",
      description:
        'What hooks of format RESOURCE receive: `{"actions":[{"id":"123",…attributes}]}`.',
      resolve: (resource) => rawJson(representationOf(resource)),
    }),
  }),
});

const ResourceConnection = connectionType("Resource", Resource);

builder.queryFields((t) => ({
  resource: t.field({
    type: Resource,
    nullable: true,
    description:
      "The resource with this type and id; null if the project has none or it is deleted.",
    args: {
      type: t.arg.string({ required: true, description: "The exact name of the resource type." }),
      resourceId: t.arg.string({ required: true, description: "The resource's own id." }),
    },
    resolve: async (_root, args, { caller, read }) =>
      (await read((sql) => resourceByKey(sql, { projectId: caller.projectId, ...args }))).at(0) ??
      null,
  }),
  resources: t.field({
    type: ResourceConnection,
    description: "The resources of a type except deleted ones, newest first.",
    args: {
      type: t.arg.string({ required: true, description: "The exact name of the resource type." }),
      ...pageArgs,
    },
    resolve: async (_root, args, { caller, read }) =>
      toConnection(
        await read((sql) => listResources(sql, caller.projectId, args.type, pageRequest(args))),
      ),
  }),
}));
