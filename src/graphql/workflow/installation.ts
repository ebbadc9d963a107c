import {
  type InstallationRow,
  installationsById,
  installationsPerWorkflow,
} from "../../db/workflow/installations.ts";
import {
  installWorkflow,
  openVariables,
  uninstallWorkflow,
} from "../../domain/workflow/installation.ts";
import { rawJson } from "../../util/json/rawJson.ts";
import { builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { childPage } from "../page/childPage.ts";
import { connectionType } from "../page/connection.ts";
import { rowLoader } from "../page/loaders.ts";
import { loadWorkflow, Workflow } from "./workflow.ts";

/** An installation of the caller's project. */
export const loadInstallation = rowLoader<InstallationRow>("installation", installationsById);

/** Variables hold tokens and secret URLs, so only ADMIN sees their values. */
function visibleVariables({ caller, hub }: Context, row: InstallationRow): unknown {
  const variables = openVariables(hub.hooks.box, row);
  if (caller.role === "ADMIN") return rawJson(variables);
  return Object.fromEntries(Object.keys(JSON.parse(variables)).map((name) => [name, "[redacted]"]));
}

const Installation = builder.objectRef<InstallationRow>("Installation").implement({
  description: "The installation of a workflow for one user.",
  interfaces: [Node],
  fields: (t) => ({
    workflow: t.field({
      type: Workflow,
      description: "The installed workflow.",
      resolve: async ({ workflowId }, _args, context) => {
        const workflow = await loadWorkflow(context, workflowId);
        if (!workflow) throw new Error(`workflow ${workflowId} is gone`);
        return workflow;
      },
    }),
    userId: t.exposeString("userId", { description: "The id of your user; 1 to 200 characters." }),
    active: t.exposeBoolean("active", {
      description: "Whether this user's events start the workflow; false after uninstalling.",
    }),
    variables: t.field({
      type: "JSON",
      description:
        "The variable `user` of the templates: an object of at most 16 KiB, stored encrypted. Only ADMIN sees the values; for other roles each reads [redacted].",
      resolve: (row, _args, context) => visibleVariables(context, row),
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      description: "When the workflow was first installed for the user.",
    }),
    updatedAt: t.expose("updatedAt", {
      type: "DateTime",
      description: "When it was last installed or uninstalled.",
    }),
  }),
});

const InstallationConnection = connectionType("Installation", Installation);

builder.objectField(Workflow, "installs", (t) =>
  t.field({
    type: InstallationConnection,
    description: "The installations including inactive ones, newest first.",
    args: {
      first: t.arg.int({ description: "Page size: 0 to 100, default 20." }),
      after: t.arg.string({ description: "Return rows after this cursor." }),
    },
    resolve: ({ id }, args, context) =>
      childPage(context, "installs", id, args, (ids, request) =>
        context.read((sql) =>
          installationsPerWorkflow(sql, context.caller.projectId, ids, request),
        ),
      ),
  }),
);

const InstallationPayload = payloadType<{ installation: InstallationRow }>(
  "InstallationPayload",
  "The result of installWorkflow and uninstallWorkflow.",
  (t) => ({
    installation: t.field({
      type: Installation,
      nullable: true,
      description: "The installation as it is now.",
      resolve: ({ installation }) => installation,
    }),
  }),
);

builder.mutationFields((t) => {
  const workflowId = t.arg.id({ required: true, description: "The workflow's id." });
  const userId = t.arg.string({
    required: true,
    description: "The id of your user, as in the `userId` of events; 1 to 200 characters.",
  });
  return {
    installWorkflow: t.field({
      type: InstallationPayload,
      description:
        "Installs a workflow for a user. From now on, that user's events start it if it is released. A repeated call replaces the variables and makes the installation active. Errors: INVALID, NOT_FOUND.",
      args: {
        workflowId,
        userId,
        variables: t.arg({
          type: "JSON",
          description:
            "The variable `user` of the templates: an object of at most 16 KiB. Default: {}.",
        }),
      },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(async () => ({
          installation: await installWorkflow(hub.hooks, caller.projectId, args),
        })),
    }),
    uninstallWorkflow: t.field({
      type: InstallationPayload,
      description:
        "Makes an installation inactive. The user's events no longer start the workflow. Runs in progress continue, and history is kept. Errors: INVALID, NOT_FOUND.",
      args: { workflowId, userId },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(async () => ({
          installation: await uninstallWorkflow(
            hub.db.sql,
            caller.projectId,
            args.workflowId,
            args.userId,
          ),
        })),
    }),
  };
});
