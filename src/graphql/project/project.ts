import { keysById } from "../../db/project/apiKeys.ts";
import { type ProjectRow, projectsById } from "../../db/project/projects.ts";
import { updateProject } from "../../domain/project/project.ts";
import { asNode, builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { batched, byId } from "../page/loaders.ts";
import { ApiKey } from "./apiKey.ts";

/** The caller's project. */
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
  description:
    "A tenant: API keys, events and hooks belong to one project and are invisible to all others.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", { description: "A name for people; 1 to 100 characters." }),
    slug: t.exposeString("slug", {
      description:
        "A short name, unique within the hub. Derived from the project's first name; never changes.",
    }),
    source: t.exposeString("source", {
      description:
        "The CloudEvents `source` of the project's events: a URI-reference that never changes.",
    }),
    requireRegisteredTypes: t.exposeBoolean("requireRegisteredTypes", {
      description:
        "True: emitting an unregistered type is UNKNOWN_TYPE. False (default): data of an unregistered type is not validated.",
    }),
    systemEvents: t.exposeBoolean("systemEvents", {
      description:
        "True: the hub records what it does with events as events of origin SYSTEM: `resthook_called` when an event is matched, even if no hook matches; `webhook_called` for each ended attempt; `error` when a delivery FAILED, whose names are goflow's; and `hook.failing`, `hook.opened`, `hook.disabled` and `hook.recovered` about the health of hooks. No SYSTEM events are recorded about SYSTEM events. Default: false.",
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
  }),
});

const Viewer = builder.objectRef<{ projectId: string }>("Viewer").implement({
  description: "The caller.",
  fields: (t) => ({
    project: t.field({
      type: Project,
      description: "The project that the key belongs to.",
      resolve: (_viewer, _args, context) => currentProject(context),
    }),
    key: t.field({
      type: ApiKey,
      description: "The API key of the request.",
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
    description: "The project and API key of the request.",
    resolve: (_root, _args, { caller }) => caller,
  }),
);

const ProjectPayload = payloadType<{ project: ProjectRow }>(
  "ProjectPayload",
  "The result of updateProject.",
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
  description: "The settings to change. Absent fields keep their value.",
  fields: (t) => ({
    name: t.string({
      description: "A name for people; 1 to 100 characters. The slug does not change.",
    }),
    requireRegisteredTypes: t.boolean({
      description: "Whether emitting an unregistered type is UNKNOWN_TYPE.",
    }),
    systemEvents: t.boolean({
      description:
        "Whether to record resthook_called, webhook_called, error and those about hooks' health (`hook.failing` and so on) as events of origin SYSTEM.",
    }),
  }),
});

builder.mutationField("updateProject", (t) =>
  t.field({
    type: ProjectPayload,
    description:
      "Changes the project's settings. They apply from the next emitted event on. Errors: INVALID.",
    args: {
      input: t.arg({ type: UpdateProjectInput, required: true, description: "The changes." }),
    },
    resolve: (_root, { input }, { caller, hub }) =>
      withUserErrors(async () => ({
        project: asNode("Project", await updateProject(hub.db.sql, caller.projectId, input)),
      })),
  }),
);
