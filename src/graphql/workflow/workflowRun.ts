import {
  type RunRow,
  type RunStatus,
  runsById,
  runsPerParent,
  stepRunsOf,
} from "../../db/workflow/workflowRuns.ts";
import type { WorkflowStep as Step } from "../../domain/workflow/workflowStep.ts";
import { rerunWorkflow } from "../../domain/workflowRun/workflowRerun.ts";
import { MAX_JSON_DEPTH } from "../../util/jsonDepth.ts";
import { rawJson } from "../../util/rawJson.ts";
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

const RunStatusEnum = describedEnum("RunStatus", "Where a run, or one of its steps, stands.", {
  QUEUED: "Not begun yet.",
  RUNNING: "Begun: a step's call is under way, or to be tried again.",
  SUCCEEDED: "A run: every step did. A step: its target answered 2xx.",
  FAILED:
    "A run: a step did, `error` says which and why. A step: every try failed, or nothing could be sent.",
  CANCELLED: "A step that was not come to, because an earlier one failed. Nothing cancels a run.",
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

/** Every step of a run, come to or not; of a run as it was at a change, as they were then. */
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
      description: "The step, of the version the run began with.",
      resolve: ({ step }) => step,
    }),
    status: t.expose("status", { type: RunStatusEnum, description: "Where it stands." }),
    delivery: t.field({
      type: Delivery,
      nullable: true,
      description:
        "Its call, with every try; null until it begins, and when nothing could be sent.",
      resolve: async ({ deliveryId }, _args, context) =>
        deliveryId === null ? null : ((await loadDelivery(context, deliveryId)) ?? null),
    }),
    output: t.field({
      type: "JSON",
      nullable: true,
      description: `Once it succeeded, what later steps know of it: \`status\`, and \`response\`, which is JSON of at most ${MAX_JSON_DEPTH} levels or else text; without \`response\` for an answer that broke off or was over 64 KiB.`,
      resolve: ({ output }) => rawJson(output),
    }),
  }),
});

export const WorkflowRun = builder.objectRef<RunRow>("WorkflowRun");
WorkflowRun.implement({
  description: "A workflow at work for one event and its user.",
  interfaces: [Node],
  fields: (t) => ({
    workflow: t.field({
      type: Workflow,
      description: "The workflow, as it is now.",
      resolve: async ({ workflowId }, _args, context) =>
        required(await loadWorkflow(context, workflowId), `workflow ${workflowId}`),
    }),
    version: t.exposeInt("version", { description: "Of the workflow's steps, as it runs them." }),
    event: t.field({
      type: Event,
      description: "What started it.",
      resolve: async ({ eventId }, _args, context) =>
        required(await loadEvent(context, eventId), `event ${eventId}`),
    }),
    userId: t.exposeString("userId", { description: "For whom: the event's user." }),
    status: t.expose("status", { type: RunStatusEnum, description: "Where it stands." }),
    rerunOf: t.field({
      type: WorkflowRun,
      nullable: true,
      description: "The run that this one does again (rerunWorkflow).",
      resolve: async ({ rerunOf }, _args, context) =>
        rerunOf === null ? null : ((await loadRun(context, rerunOf)) ?? null),
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was queued." }),
    startedAt: t.expose("startedAt", {
      type: "DateTime",
      nullable: true,
      description: "When its first step began.",
    }),
    stoppedAt: t.expose("stoppedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it ended.",
    }),
    steps: t.field({
      type: [StepRun],
      description: "Every step of it, in order, come to or not.",
      resolve: (run, _args, context) => loadStepRuns(context, run),
    }),
    error: t.exposeString("error", {
      nullable: true,
      description:
        "Why it FAILED, the step first: `step 'slack': undefined variable: user.slackUrl`.",
    }),
  }),
});

const WorkflowRunConnection = connectionType("WorkflowRun", WorkflowRun);

/** A page of the runs of one workflow or event; those of all parents in a list are read by one statement. */
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
  first: t.int({ description: "How many: 0 to 100, default 20." }),
  after: t.string({ description: "The cursor to go on after." }),
  status: t.field({ type: [RunStatusEnum], description: "Of these states only." }),
}));

builder.objectField(Workflow, "runs", (t) =>
  t.field({
    type: WorkflowRunConnection,
    description: "Its runs, newest first.",
    args: perParentArgs,
    resolve: ({ id }, args, context) => runsOf(context, "workflowId", id, args),
  }),
);

builder.objectField(Event, "runs", (t) =>
  t.field({
    type: WorkflowRunConnection,
    description: "The runs of workflows it started, newest first.",
    args: perParentArgs,
    resolve: ({ id }, args, context) => runsOf(context, "eventId", id, args),
  }),
);

builder.objectField(Delivery, "run", (t) =>
  t.field({
    type: WorkflowRun,
    nullable: true,
    description: "The run of a workflow whose step this is; null for a hook's.",
    resolve: async ({ runId }, _args, context) =>
      runId === null ? null : ((await loadRun(context, runId)) ?? null),
  }),
);

builder.queryField("run", (t) =>
  t.field({
    type: WorkflowRun,
    nullable: true,
    description: "A run by its id; null when the project has none such.",
    args: { id: t.arg.id({ required: true, description: "The run's id." }) },
    resolve: (_root, { id }, context) => loadRun(context, id),
  }),
);

const WorkflowRunPayload = payloadType<{ run: RunRow }>(
  "WorkflowRunPayload",
  "What rerunWorkflow answers.",
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
      "Runs a workflow again for the event of a run that has ended, from the first step: with the steps of that run's version, and the user's variables as they are now. The new run counts in the old one's place for the event's status. Errors: NOT_FOUND; NOT_ALLOWED_NOW while a run of that event is under way, or when the workflow is not released or not installed for the user any more.",
    args: { runId: t.arg.id({ required: true, description: "The run to do again." }) },
    resolve: (_root, { runId }, { caller, hub }) =>
      withUserErrors(async () => ({
        run: await rerunWorkflow(hub.db.sql, caller.projectId, runId),
      })),
  }),
);
