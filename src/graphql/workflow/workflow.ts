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

const WorkflowStatusEnum = describedEnum("WorkflowStatus", "Where a workflow stands.", {
  DRAFT: "Made, and never released: it starts no runs.",
  RELEASED: "Each event of its type starts a run, for a user who has it installed.",
  PAUSED: "It starts no runs; those under way go on.",
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
  description: "One HTTP call of a workflow, as its author wrote it.",
  fields: (t) => ({
    id: t.exposeString("id", {
      description: "Unique in its workflow; later steps know its answer as `steps.<id>`.",
    }),
    name: t.exposeString("name", { description: "For people; the id when none was given." }),
    method: t.exposeString("method", { description: "GET, POST, PUT, PATCH or DELETE." }),
    url: t.exposeString("url", { description: "A Liquid template." }),
    headers: t.field({
      type: "JSON",
      description:
        "Liquid templates; they are shown as [redacted], but for those of a few headers such as accept.",
      resolve: ({ headers }) => redactRequestHeaders(headers),
    }),
    body: t.field({
      type: "JSON",
      nullable: true,
      description: "Any JSON whose texts are Liquid templates; null sends no body.",
      resolve: ({ body }) => body,
    }),
    retries: t.exposeInt("retries", { description: "Further tries after the first: 0 to 20." }),
    timeoutMs: t.exposeInt("timeoutMs", {
      description: "For connecting, headers and body together: 100 to 60,000 ms.",
    }),
  }),
});

export const Workflow = builder.objectRef<WorkflowRow>("Workflow").implement({
  description:
    "HTTP calls that are made one after the other when an event of a type happens, for users who have it installed.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", { description: "Unique in the project; 1 to 200 characters." }),
    eventType: t.exposeString("eventType", {
      description: "The exact type of the events that start a run.",
    }),
    status: t.expose("status", { type: WorkflowStatusEnum, description: "Where it stands." }),
    version: t.exposeInt("version", {
      description: "Of its steps, from 1; each run keeps the version it began with.",
    }),
    steps: t.field({
      type: [WorkflowStep],
      description: "What it does, in order: 1 to 50.",
      resolve: ({ id, version }, _args, context) => loadSteps(context, id, version),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    updatedAt: t.expose("updatedAt", {
      type: "DateTime",
      description: "When it was last changed.",
    }),
  }),
});

const WorkflowConnection = connectionType("Workflow", Workflow);

builder.queryFields((t) => ({
  workflow: t.field({
    type: Workflow,
    nullable: true,
    description: "A workflow by its id; null when the project has none such.",
    args: { id: t.arg.id({ required: true, description: "The workflow's id." }) },
    resolve: (_root, { id }, context) => loadWorkflow(context, id),
  }),
  workflows: t.field({
    type: WorkflowConnection,
    description: "The project's workflows, newest first.",
    args: {
      first: t.arg.int({ description: "How many from the start: 0 to 100, default 20." }),
      after: t.arg.string({ description: "The cursor to go on after." }),
      last: t.arg.int({ description: "How many from the end: 0 to 100." }),
      before: t.arg.string({ description: "The cursor to end before." }),
    },
    resolve: async (_root, args, { caller, read }) =>
      toConnection(await read((sql) => listWorkflows(sql, caller.projectId, pageRequest(args)))),
  }),
}));
