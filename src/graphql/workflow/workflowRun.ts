import {
  type RunRow,
  type RunStatus,
  runsById,
  runsPerParent,
  stepRunsOf,
} from "../../db/workflow/workflowRuns.ts";
import type { WorkflowStep as Step } from "../../domain/workflow/workflowStep.ts";
import { rerunWorkflow } from "../../domain/workflowRun/workflowRerun.ts";
import { MAX_JSON_DEPTH } from "../../util/json/jsonDepth.ts";
import { rawJson } from "../../util/json/rawJson.ts";
import { builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { Delivery, loadDelivery } from "../delivery/delivery.ts";
import { Event, loadEvent } from "../event/event.ts";
import { childPage } from "../page/childPage.ts";
import { connectionType } from "../page/connection.ts";
import { batched, rowLoader } from "../page/loaders.ts";
import { loadSteps, loadWorkflow, Workflow, WorkflowStep } from "./workflow.ts";

const RunStatusEnum = describedEnum("RunStatus", "The state of a run or of one of its steps.", {
  QUEUED: "Not started yet.",
  RUNNING: "Started. A step's call is in progress or waits for a retry.",
  SUCCEEDED: "Of a run: every step SUCCEEDED. Of a step: the target answered 2xx.",
  FAILED:
    "Of a run: a step FAILED; `error` gives the step and the reason. Of a step: every attempt failed, or nothing could be sent.",
  CANCELLED: "Of a step: not reached because an earlier step FAILED. Runs are never CANCELLED.",
} satisfies Record<RunStatus, string>);

/** A run of the caller's project. */
export const loadRun = rowLoader<RunRow>("run", runsById);

const required = <Row>(row: Row | undefined, what: string): Row => {
  if (row === undefined) throw new Error(`${what} is gone`);
  return row;
};

type StepRunShape = {
  step: Step;
  status: RunStatus;
  deliveryId: string | null;
  output: string | null;
};

/**
 * All steps of a run, those not reached included. For a run at a change, the steps have their state
 * at that change.
 */
async function loadStepRuns(context: Context, run: RunRow): Promise<StepRunShape[]> {
  const { caller, read } = context;
  const loader = batched(context, "step runs", async (ids) =>
    Map.groupBy(await read((sql) => stepRunsOf(sql, caller.projectId, ids)), ({ runId }) => runId),
  );
  const [steps, rows = []] = await Promise.all([
    loadSteps(context, run.workflowId, run.version),
    loader.load(run.id),
  ]);
  const states = run.steps ?? rows.map(({ status }) => status);
  const isOpen = run.status === "QUEUED" || run.status === "RUNNING";
  return steps.map((step, position) => {
    const row = position < states.length ? rows[position] : undefined;
    const status = states[position] ?? (isOpen ? "QUEUED" : "CANCELLED");
    return {
      step,
      status,
      deliveryId: row?.deliveryId ?? null,
      output: status === "SUCCEEDED" ? (row?.output ?? null) : null,
    };
  });
}

const StepRun = builder.objectRef<StepRunShape>("StepRun").implement({
  description: "One step of a run.",
  fields: (t) => ({
    step: t.field({
      type: WorkflowStep,
      description: "The step, of the version that the run started with.",
      resolve: ({ step }) => step,
    }),
    status: t.expose("status", { type: RunStatusEnum, description: "The current state." }),
    delivery: t.field({
      type: Delivery,
      nullable: true,
      description:
        "The call with all its attempts; null until it starts, or if nothing could be sent.",
      resolve: async ({ deliveryId }, _args, context) =>
        deliveryId === null ? null : ((await loadDelivery(context, deliveryId)) ?? null),
    }),
    output: t.field({
      type: "JSON",
      nullable: true,
      description: `What later steps can read after the step SUCCEEDED: \`status\` and \`response\`. \`response\` is JSON of at most ${MAX_JSON_DEPTH} levels, or text; absent if the response was incomplete or larger than 64 KiB. Null before that.`,
      resolve: ({ output }) => rawJson(output),
    }),
  }),
});

export const WorkflowRun = builder.objectRef<RunRow>("WorkflowRun");
WorkflowRun.implement({
  description: "One execution of a workflow, for one event and its user.",
  interfaces: [Node],
  fields: (t) => ({
    workflow: t.field({
      type: Workflow,
      description: "The workflow as it is now.",
      resolve: async ({ workflowId }, _args, context) =>
        required(await loadWorkflow(context, workflowId), `workflow ${workflowId}`),
    }),
    version: t.exposeInt("version", {
      description: "The version of the workflow's steps that the run uses.",
    }),
    event: t.field({
      type: Event,
      description: "The event that started the run.",
      resolve: async ({ eventId }, _args, context) =>
        required(await loadEvent(context, eventId), `event ${eventId}`),
    }),
    userId: t.exposeString("userId", { description: "The event's user." }),
    status: t.expose("status", { type: RunStatusEnum, description: "The current state." }),
    rerunOf: t.field({
      type: WorkflowRun,
      nullable: true,
      description: "The run that this run repeats (rerunWorkflow); null otherwise.",
      resolve: async ({ rerunOf }, _args, context) =>
        rerunOf === null ? null : ((await loadRun(context, rerunOf)) ?? null),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When the run was queued." }),
    startedAt: t.expose("startedAt", {
      type: "DateTime",
      nullable: true,
      description: "When the first step started; null before that.",
    }),
    stoppedAt: t.expose("stoppedAt", {
      type: "DateTime",
      nullable: true,
      description: "When the run ended; null before that.",
    }),
    steps: t.field({
      type: [StepRun],
      description: "All steps in order, including those not reached.",
      resolve: (run, _args, context) => loadStepRuns(context, run),
    }),
    error: t.exposeString("error", {
      nullable: true,
      description:
        "Why the run FAILED, beginning with the step: `step 'slack': undefined variable: user.slackUrl`. Null otherwise.",
    }),
  }),
});

const WorkflowRunConnection = connectionType("WorkflowRun", WorkflowRun);

/**
 * A page of the runs of one workflow or event. One statement reads the pages of all parents in a
 * list.
 */
async function runsOf(
  context: Context,
  parent: "workflowId" | "eventId",
  id: string,
  args: {
    first?: number | null | undefined;
    after?: string | null | undefined;
    status?: RunStatus[] | null | undefined;
  },
) {
  const { caller, read } = context;
  return childPage(context, `runs ${parent}`, id, args, (ids, request) =>
    read((sql) => runsPerParent(sql, caller.projectId, parent, ids, args.status, request)),
  );
}

const perParentArgs = builder.args((t) => ({
  first: t.int({ description: "Page size: 0 to 100, default 20." }),
  after: t.string({ description: "Return rows after this cursor." }),
  status: t.field({
    type: [RunStatusEnum],
    description: "Only with one of these statuses; at most 100.",
  }),
}));

builder.objectField(Workflow, "runs", (t) =>
  t.field({
    type: WorkflowRunConnection,
    description: "The workflow's runs, newest first.",
    args: perParentArgs,
    resolve: ({ id }, args, context) => runsOf(context, "workflowId", id, args),
  }),
);

builder.objectField(Event, "runs", (t) =>
  t.field({
    type: WorkflowRunConnection,
    description: "The workflow runs that the event started, newest first.",
    args: perParentArgs,
    resolve: ({ id }, args, context) => runsOf(context, "eventId", id, args),
  }),
);

builder.objectField(Delivery, "run", (t) =>
  t.field({
    type: WorkflowRun,
    nullable: true,
    description: "The workflow run that this delivery is a step of; null for a delivery to a hook.",
    resolve: async ({ runId }, _args, context) =>
      runId === null ? null : ((await loadRun(context, runId)) ?? null),
  }),
);

builder.queryField("run", (t) =>
  t.field({
    type: WorkflowRun,
    nullable: true,
    description: "The run with this id; null if the project has none.",
    args: { id: t.arg.id({ required: true, description: "The run's id." }) },
    resolve: (_root, { id }, context) => loadRun(context, id),
  }),
);

const WorkflowRunPayload = payloadType<{ run: RunRow }>(
  "WorkflowRunPayload",
  "The result of rerunWorkflow.",
  (t) => ({
    run: t.field({
      type: WorkflowRun,
      nullable: true,
      description: "The new run.",
      resolve: ({ run }) => run,
    }),
  }),
);

builder.mutationField("rerunWorkflow", (t) =>
  t.field({
    type: WorkflowRunPayload,
    description:
      "Repeats an ended run from the first step, with the steps of that run's version and the user's current variables. For the event's status, the new run replaces the old one. Errors: NOT_FOUND; NOT_ALLOWED_NOW while a run of that event is in progress, or if the workflow is not released or no longer installed for the user.",
    args: { runId: t.arg.id({ required: true, description: "The id of the run to repeat." }) },
    resolve: (_root, { runId }, { caller, hub }) =>
      withUserErrors(async () => ({
        run: await rerunWorkflow(hub.db.sql, caller.projectId, runId),
      })),
  }),
);
