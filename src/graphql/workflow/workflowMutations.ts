import type { WorkflowRow } from "../../db/workflow/workflows.ts";
import {
  createWorkflow,
  pauseWorkflow,
  releaseWorkflow,
  updateWorkflow,
} from "../../domain/workflow/workflow.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { Workflow } from "./workflow.ts";

export const WorkflowStepInput = builder.inputType("WorkflowStepInput", {
  description:
    "An HTTP call. Templates are Liquid, strict, over `data`, `user`, `event` and `steps.<id of an earlier step>` (`response`, `status`); a missing variable fails the step, unless a `default` filter or an `if` provides for it.",
  fields: (t) => ({
    id: t.string({
      required: true,
      description: "Unique in the workflow: 1 to 64 letters, digits, _ and -, no digit or - first.",
    }),
    name: t.string({ description: "For people; 1 to 200 characters; the id when absent." }),
    method: t.string({
      defaultValue: "POST",
      description: "GET, POST, PUT, PATCH or DELETE.",
    }),
    url: t.string({
      required: true,
      description:
        "A template of at most 2,048 characters. What it inserts is percent-encoded, but for a `{{ … }}` that the url begins with.",
    }),
    headers: t.field({
      type: "JSON",
      description:
        "At most 20, as an object of templates; sealed at rest. In a change, a value of [redacted] keeps what the step of this id has under this name.",
    }),
    body: t.field({
      type: "JSON",
      description:
        "Any JSON, at most 64 KiB, whose texts are templates; one that is a single `{{ … }}` keeps the value's type. Sent as application/json; absent or null sends no body.",
    }),
    retries: t.int({ defaultValue: 3, description: "Further tries after the first: 0 to 20." }),
    timeoutMs: t.int({
      defaultValue: 5_000,
      description: "For connecting, headers and body together: 100 to 60,000 ms.",
    }),
  }),
});

const CreateWorkflowInput = builder.inputType("CreateWorkflowInput", {
  description: "A workflow to make.",
  fields: (t) => ({
    name: t.string({
      required: true,
      description: "Unique in the project; 1 to 200 characters.",
    }),
    eventType: t.string({
      required: true,
      description: "The exact type of the events that start it; 1 to 200 characters.",
    }),
    steps: t.field({
      type: [WorkflowStepInput],
      required: true,
      description: "1 to 50, done in this order; one that fails ends the run.",
    }),
  }),
});

const UpdateWorkflowInput = builder.inputType("UpdateWorkflowInput", {
  description: "What to change; what is absent stays.",
  fields: (t) => ({
    name: t.string({ description: "As in CreateWorkflowInput." }),
    steps: t.field({
      type: [WorkflowStepInput],
      description: "All steps anew, as a new version, for runs that start from now on.",
    }),
  }),
});

const WorkflowPayload = payloadType<{ workflow: WorkflowRow }>(
  "WorkflowPayload",
  "What changes of a workflow answer.",
  (t) => ({
    workflow: t.field({
      type: Workflow,
      nullable: true,
      description: "The workflow as it is now.",
      resolve: ({ workflow }) => workflow,
    }),
  }),
);

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: "The workflow's id." });
  return {
    createWorkflow: t.field({
      type: WorkflowPayload,
      description:
        "Makes a workflow, a DRAFT; at most 1,000 in a project. Errors: INVALID, TEMPLATE_INVALID, TARGET_REFUSED, NAME_TAKEN, LIMIT_REACHED.",
      args: {
        input: t.arg({ type: CreateWorkflowInput, required: true, description: "The workflow." }),
      },
      resolve: (_root, { input }, { caller, hub }) =>
        withUserErrors(async () => ({
          workflow: await createWorkflow(hub.workflows, caller.projectId, input),
        })),
    }),
    updateWorkflow: t.field({
      type: WorkflowPayload,
      description:
        "Changes a workflow; runs under way keep the steps they began with. Errors: as createWorkflow, NOT_FOUND.",
      args: {
        id,
        input: t.arg({ type: UpdateWorkflowInput, required: true, description: "The changes." }),
      },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(async () => ({
          workflow: await updateWorkflow(hub.workflows, caller.projectId, args.id, args.input),
        })),
    }),
    releaseWorkflow: t.field({
      type: WorkflowPayload,
      description: "Lets it start runs, from the next event on. Errors: NOT_FOUND.",
      args: { id },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(async () => ({
          workflow: await releaseWorkflow(hub.db.sql, caller.projectId, args.id),
        })),
    }),
    pauseWorkflow: t.field({
      type: WorkflowPayload,
      description:
        "Lets it start no more runs, until it is released again; those under way go on. Errors: NOT_FOUND, NOT_ALLOWED_NOW for a draft.",
      args: { id },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(async () => ({
          workflow: await pauseWorkflow(hub.db.sql, caller.projectId, args.id),
        })),
    }),
  };
});
