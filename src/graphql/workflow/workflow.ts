import {
  listWorkflows,
  stepsOf,
  type WorkflowRow,
  type WorkflowStatus,
  workflowsById,
} from "../../db/workflow/workflows.ts";
import { redactRequestHeaders } from "../../domain/hook/redactedHeaders.ts";
import type { WorkflowStep as Step } from "../../domain/workflow/workflowStep.ts";
import { openSteps } from "../../domain/workflow/workflowSteps.ts";
import { builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { batched, rowLoader } from "../page/loaders.ts";
import { pageArgs } from "../page/pageArgs.ts";

const WorkflowStatusEnum = describedEnum("WorkflowStatus", "The state of a workflow.", {
  DRAFT: "Never released. It starts no runs.",
  RELEASED: "Each event of its type starts a run if the event's user has installed it.",
  PAUSED: "It starts no new runs. Runs in progress continue.",
} satisfies Record<WorkflowStatus, string>);

/** A workflow of the caller's project. */
export const loadWorkflow = rowLoader<WorkflowRow>("workflow", workflowsById);

/** The steps of a version of a workflow of the caller's project. */
export async function loadSteps(
  context: Context,
  workflowId: string,
  version: number,
): Promise<Step[]> {
  const { caller, hub, read } = context;
  const { projectId } = caller;
  const loader = batched(context, "workflow steps", async (keys) => {
    const versions = keys.map((key) => {
      const [id = "", number] = key.split(" ");
      return { workflowId: id, version: Number(number) };
    });
    const rows = await read((sql) => stepsOf(sql, projectId, versions));
    return new Map(
      rows.map((row) => [
        `${row.workflowId} ${row.version}`,
        openSteps(hub.hooks.box, { projectId, id: row.workflowId }, row.steps),
      ]),
    );
  });
  return (await loader.load(`${workflowId} ${version}`)) ?? [];
}

export const WorkflowStep = builder.objectRef<Step>("WorkflowStep").implement({
  description: "One HTTP call of a workflow, as its author defined it.",
  fields: (t) => ({
    id: t.exposeString("id", {
      description:
        "The id, unique within the workflow. Later steps read the response as `steps.<id>`.",
    }),
    name: t.exposeString("name", { description: "A name for people. Default: the id." }),
    method: t.exposeString("method", {
      description: "The HTTP method: GET, POST, PUT, PATCH or DELETE.",
    }),
    url: t.exposeString("url", { description: "The URL, a Liquid template." }),
    headers: t.field({
      type: "JSON",
      description:
        "An object of header names and Liquid templates. Templates read [redacted], except those of a few headers such as accept.",
      resolve: ({ headers }) => redactRequestHeaders(headers),
    }),
    body: t.field({
      type: "JSON",
      nullable: true,
      description: "The JSON body; its strings are Liquid templates. Null sends no body.",
      resolve: ({ body }) => body,
    }),
    retries: t.exposeInt("retries", { description: "Retries after the first attempt: 0 to 20." }),
    timeoutMs: t.exposeInt("timeoutMs", {
      description:
        "Timeout of one attempt in milliseconds, for connecting, headers and body together: 100 to 60,000.",
    }),
  }),
});

export const Workflow = builder.objectRef<WorkflowRow>("Workflow").implement({
  description:
    "A sequence of HTTP calls that runs when an event of a given type is emitted for a user who has installed the workflow.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", {
      description: "The name, unique within the project; 1 to 200 characters.",
    }),
    eventType: t.exposeString("eventType", {
      description: "The exact type of the events that start a run.",
    }),
    status: t.expose("status", { type: WorkflowStatusEnum, description: "The current state." }),
    version: t.exposeInt("version", {
      description:
        "The version of the steps, starting with 1. A run keeps the version that it started with.",
    }),
    steps: t.field({
      type: [WorkflowStep],
      description: "The steps, in order; 1 to 50.",
      resolve: ({ id, version }, _args, context) => loadSteps(context, id, version),
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      description: "When the workflow was created.",
    }),
    updatedAt: t.expose("updatedAt", {
      type: "DateTime",
      description: "When the workflow was last changed.",
    }),
  }),
});

const WorkflowConnection = connectionType("Workflow", Workflow);

builder.queryFields((t) => ({
  workflow: t.field({
    type: Workflow,
    nullable: true,
    description: "The workflow with this id; null if the project has none.",
    args: { id: t.arg.id({ required: true, description: "The workflow's id." }) },
    resolve: (_root, { id }, context) => loadWorkflow(context, id),
  }),
  workflows: t.field({
    type: WorkflowConnection,
    description: "The project's workflows, newest first.",
    args: {
      ...pageArgs,
    },
    resolve: async (_root, args, { caller, read }) =>
      toConnection(await read((sql) => listWorkflows(sql, caller.projectId, pageRequest(args)))),
  }),
}));
