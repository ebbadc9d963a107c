import type { EventRow } from "../../db/event/events.ts";
import type { PreviewedStep } from "../../domain/workflow/stepPrograms.ts";
import { previewWorkflow } from "../../domain/workflow/workflowPreview.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { Event } from "../event/event.ts";
import { currentProject } from "../project/project.ts";
import { WorkflowStepInput } from "./workflowMutations.ts";

const StepPreview = builder.objectRef<PreviewedStep>("StepPreview").implement({
  description: "What a step of a workflow that is being written would send.",
  fields: (t) => ({
    id: t.exposeString("id", { description: "The step's id." }),
    method: t.string({
      nullable: true,
      description: "GET, POST, PUT, PATCH or DELETE; null when nothing could be sent.",
      resolve: ({ request }) => request?.method ?? null,
    }),
    url: t.string({
      nullable: true,
      description: "The address it would call; null when nothing could be sent.",
      resolve: ({ request }) => request?.url ?? null,
    }),
    headers: t.field({
      type: "JSON",
      nullable: true,
      description: "Its own headers; those that the hub sets are not among them.",
      resolve: ({ request }) => request?.headers ?? null,
    }),
    body: t.string({
      nullable: true,
      description: "The very bytes; empty for a step without a body.",
      resolve: ({ request }) => request?.body ?? null,
    }),
    error: t.exposeString("error", {
      nullable: true,
      description: "Why nothing could be sent, such as `undefined variable: user.slackUrl`.",
    }),
  }),
});

type Preview = { event: EventRow | null; steps: PreviewedStep[] };

const WorkflowPreview = payloadType<Preview>(
  "WorkflowPreview",
  "What previewWorkflow answers.",
  (t) => ({
    event: t.field({
      type: Event,
      nullable: true,
      description: "The event it was tried on; null when none of the type has happened.",
      resolve: ({ event }) => event,
    }),
    steps: t.field({
      type: [StepPreview],
      nullable: true,
      description: "What each step would send, in order.",
      resolve: ({ steps }) => steps,
    }),
  }),
);

const PreviewWorkflowInput = builder.inputType("PreviewWorkflowInput", {
  description: "A workflow that is being written, and what to try it on.",
  fields: (t) => ({
    eventType: t.string({ required: true, description: "As in CreateWorkflowInput." }),
    steps: t.field({
      type: [WorkflowStepInput],
      required: true,
      description: "As in CreateWorkflowInput.",
    }),
    eventId: t.id({
      description: "The event to try it on; the newest of the type when absent.",
    }),
    data: t.field({
      type: "JSON",
      description: "What stands in the place of the event's data, when given; at most 256 KiB.",
    }),
    variables: t.field({
      type: "JSON",
      description:
        "What templates know as `user`, as in installWorkflow: an object of at most 16 KiB; {} when absent.",
    }),
  }),
});

builder.queryField("previewWorkflow", (t) =>
  t.field({
    type: WorkflowPreview,
    description:
      "Renders what each step would send before a workflow is made or changed: nothing is stored or sent. A value of an earlier step's answer, which nobody knows yet, is its own name, and its status 200. All templates take 1 second together. Errors: INVALID, TEMPLATE_INVALID, TARGET_REFUSED, NOT_FOUND.",
    args: {
      input: t.arg({
        type: PreviewWorkflowInput,
        required: true,
        description: "The workflow, and what to try it on.",
      }),
    },
    resolve: async (_root, { input }, context) => {
      const { hub } = context;
      const project = await currentProject(context);
      const { refusals = [], ...preview } = await withUserErrors(() =>
        previewWorkflow({ read: hub.read, ...hub.workflows }, project, input),
      );
      return { ...preview, userErrors: [...preview.userErrors, ...refusals] };
    },
  }),
);
