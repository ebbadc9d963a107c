import { keysById } from "../../db/project/apiKeys.ts";
import { type ProjectRow, projectsById } from "../../db/project/projects.ts";
import { updateProject } from "../../domain/project/project.ts";
import { asNode, builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { batched, byId } from "../page/loaders.ts";
import { ApiKey } from "./apiKey.ts";

/** The project of the key that asks. */
export async function currentProject(context: Context): Promise<ProjectRow> {
  const { caller, read } = context;
  const loader = batched(context, "project", async (ids) =>
    byId(await read((sql) => projectsById(sql, ids))),
  );
  const project = await loader.load(caller.projectId);
  if (!project) throw new Error(`no project ${caller.projectId}`);
  return project;
}

const Project = builder.objectRef<ProjectRow>("Project").implement({
  description: "What an API key belongs to: nothing of one project is visible to another.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", { description: "For people; 1 to 100 characters." }),
    slug: t.exposeString("slug", {
      description: "Unique in the hub, made of the first name; never changes.",
    }),
    source: t.exposeString("source", {
      description:
        "The CloudEvents `source` of its events: a URI-reference, stable for the project's life.",
    }),
    requireRegisteredTypes: t.exposeBoolean("requireRegisteredTypes", {
      description:
        "When true, emitting an unknown type is UNKNOWN_TYPE; when false (default), it is not checked.",
    }),
    systemEvents: t.exposeBoolean("systemEvents", {
      description:
        "When true, what the hub does with events is itself recorded, as events of origin SYSTEM in goflow's terms: " +
        "`resthook_called` when an event is matched, also without a hook (S1.9), `webhook_called` for each attempt " +
        "that is over (S1.10), `error` when a delivery FAILED. They are recorded of no SYSTEM event. False by default.",
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
  }),
});

const Viewer = builder.objectRef<{ projectId: string }>("Viewer").implement({
  description: "Who asks.",
  fields: (t) => ({
    project: t.field({
      type: Project,
      description: "The project the key belongs to.",
      resolve: (_viewer, _args, context) => currentProject(context),
    }),
    key: t.field({
      type: ApiKey,
      description: "The key that asks.",
      resolve: async (_viewer, _args, { caller, read }) => {
        const [key] = await read((sql) => keysById(sql, caller.projectId, [caller.keyId]));
        if (!key) throw new Error(`no key ${caller.keyId}`);
        return key;
      },
    }),
  }),
});

builder.queryField("viewer", (t) =>
  t.field({
    type: Viewer,
    description: "The caller's project and key.",
    resolve: (_root, _args, { caller }) => caller,
  }),
);

const ProjectPayload = payloadType<{ project: ProjectRow }>(
  "ProjectPayload",
  "What updateProject answers.",
  (t) => ({
    project: t.field({
      type: Project,
      nullable: true,
      description: "The project as it is now.",
      resolve: ({ project }) => project,
    }),
  }),
);

const UpdateProjectInput = builder.inputType("UpdateProjectInput", {
  description: "Settings to change; what is absent stays.",
  fields: (t) => ({
    name: t.string({ description: "1 to 100 characters; the slug stays." }),
    requireRegisteredTypes: t.boolean({ description: "Whether unknown event types are refused." }),
    systemEvents: t.boolean({
      description:
        "Whether resthook_called, webhook_called and error are recorded, as events of origin SYSTEM.",
    }),
  }),
});

builder.mutationField("updateProject", (t) =>
  t.field({
    type: ProjectPayload,
    description: "Changes the project's settings; they hold for the next emit. Errors: INVALID.",
    args: {
      input: t.arg({ type: UpdateProjectInput, required: true, description: "The changes." }),
    },
    resolve: (_root, { input }, { caller, hub }) =>
      withUserErrors(async () => ({
        project: asNode("Project", await updateProject(hub.db.sql, caller.projectId, input)),
      })),
  }),
);
