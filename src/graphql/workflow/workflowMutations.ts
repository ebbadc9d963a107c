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
    "A step: one HTTP call. Templates are strict Liquid over `data`, `user`, `event` and `steps.<id of an earlier step>` (`response`, `status`). A missing variable fails the step unless a `default` filter or an `if` handles it.",
  fields: (t) => ({
    id: t.string({
      required: true,
      description:
        "The id, unique within the workflow: 1 to 64 letters, digits, _ and -; the first character is not a digit or -.",
    }),
    name: t.string({ description: "A name for people; 1 to 200 characters. Default: the id." }),
    method: t.string({
      defaultValue: "POST",
      description: "The HTTP method: GET, POST, PUT, PATCH or DELETE.",
    }),
    url: t.string({
      required: true,
      description:
        "The URL, a template of at most 2,048 characters. Inserted values are percent-encoded, except in a `{{ … }}` at the very beginning.",
    }),
    headers: t.field({
      type: "JSON",
      description:
        "Up to 20 headers, as an object of templates; stored encrypted. In an update, the value [redacted] keeps the stored header of the step with the same id.",
    }),
    body: t.field({
      type: "JSON",
      description:
        "Any JSON, at most 64 KiB; its strings are templates. A string that is a single `{{ … }}` keeps the type of the value. Sent as application/json. Absent or null sends no body.",
    }),
    retries: t.int({ defaultValue: 3, description: "Retries after the first attempt: 0 to 20." }),
    timeoutMs: t.int({
      defaultValue: 5_000,
      description:
        "Timeout of one attempt in milliseconds, for connecting, headers and body together: 100 to 60,000.",
    }),
  }),
});

const CreateWorkflowInput = builder.inputType("CreateWorkflowInput", {
  description: "The workflow to create.",
  fields: (t) => ({
    name: t.string({
      required: true,
      description: "The name, unique within the project; 1 to 200 characters.",
    }),
    eventType: t.string({
      required: true,
      description: "The exact type of the events that start a run; 1 to 200 characters.",
    }),
    steps: t.field({
      type: [WorkflowStepInput],
      required: true,
      description: "1 to 50 steps, run in this order. A step that fails ends the run.",
    }),
  }),
});

const UpdateWorkflowInput = builder.inputType("UpdateWorkflowInput", {
  description: "The changes. Absent fields keep their value.",
  fields: (t) => ({
    name: t.string({ description: "As in CreateWorkflowInput." }),
    steps: t.field({
      type: [WorkflowStepInput],
      description:
        "Replaces all steps and creates a new version. It applies to runs that start from now on.",
    }),
  }),
});

const WorkflowPayload = payloadType<{ workflow: WorkflowRow }>(
  "WorkflowPayload",
  "The result of mutations that change a workflow.",
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
        "Creates a workflow as a DRAFT. A project has at most 1,000 workflows. Errors: INVALID, TEMPLATE_INVALID, TARGET_REFUSED, NAME_TAKEN, LIMIT_REACHED.",
      args: {
        input: t.arg({
          type: CreateWorkflowInput,
          required: true,
          description: "The workflow to create.",
        }),
      },
      resolve: (_root, { input }, { caller, hub }) =>
        withUserErrors(async () => ({
          workflow: await createWorkflow(hub.workflows, caller.projectId, input),
        })),
    }),
    updateWorkflow: t.field({
      type: WorkflowPayload,
      description:
        "Changes a workflow. Runs in progress keep the steps that they started with. Errors: as createWorkflow, NOT_FOUND.",
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
      description: "Releases a workflow. Events start runs from now on. Errors: NOT_FOUND.",
      args: { id },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(async () => ({
          workflow: await releaseWorkflow(hub.db.sql, caller.projectId, args.id),
        })),
    }),
    pauseWorkflow: t.field({
      type: WorkflowPayload,
      description:
        "Pauses a workflow. It starts no new runs until it is released again; runs in progress continue. Errors: NOT_FOUND; NOT_ALLOWED_NOW for a DRAFT.",
      args: { id },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(async () => ({
          workflow: await pauseWorkflow(hub.db.sql, caller.projectId, args.id),
        })),
    }),
  };
});
