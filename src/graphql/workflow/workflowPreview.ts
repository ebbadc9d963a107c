import type { EventRow } from "../../db/event/events.ts";
import type { PreviewedStep } from "../../domain/workflow/stepPrograms.ts";
import { previewWorkflow } from "../../domain/workflow/workflowPreview.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { Event } from "../event/event.ts";
import { currentProject } from "../project/project.ts";
import { WorkflowStepInput } from "./workflowMutations.ts";

const StepPreview = builder.objectRef<PreviewedStep>("StepPreview").implement({
  description: "The request that a step would send.",
  fields: (t) => ({
    id: t.exposeString("id", { description: "The step's id." }),
    method: t.string({
      nullable: true,
      description:
        "The HTTP method: GET, POST, PUT, PATCH or DELETE. Null if nothing could be sent.",
      resolve: ({ request }) => request?.method ?? null,
    }),
    url: t.string({
      nullable: true,
      description: "The URL that the step would call; null if nothing could be sent.",
      resolve: ({ request }) => request?.url ?? null,
    }),
    headers: t.field({
      type: "JSON",
      nullable: true,
      description:
        "The step's own headers, without those that the hub adds; null if nothing could be sent.",
      resolve: ({ request }) => request?.headers ?? null,
    }),
    body: t.string({
      nullable: true,
      description:
        "The exact request body; empty for a step without a body. Null if nothing could be sent.",
      resolve: ({ request }) => request?.body ?? null,
    }),
    error: t.exposeString("error", {
      nullable: true,
      description:
        "Why nothing could be sent, such as `undefined variable: user.slackUrl`; null otherwise.",
    }),
  }),
});

type Preview = { event: EventRow | null; steps: PreviewedStep[] };

const WorkflowPreview = payloadType<Preview>(
  "WorkflowPreview",
  "The result of previewWorkflow.",
  (t) => ({
    event: t.field({
      type: Event,
      nullable: true,
      description:
        "The event that the workflow was tried on; null if there is no event of the type.",
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
  description: "The workflow to preview and the event to try it on.",
  fields: (t) => ({
    eventType: t.string({ required: true, description: "As in CreateWorkflowInput." }),
    steps: t.field({
      type: [WorkflowStepInput],
      required: true,
      description: "As in CreateWorkflowInput.",
    }),
    eventId: t.id({
      description: "The event to try the workflow on. Default: the newest event of the type.",
    }),
    data: t.field({
      type: "JSON",
      description: "Used instead of the event's data; at most 256 KiB.",
    }),
    variables: t.field({
      type: "JSON",
      description:
        "The variable `user` of the templates, as in installWorkflow: an object of at most 16 KiB. Default: {}.",
    }),
  }),
});

builder.queryField("previewWorkflow", (t) =>
  t.field({
    type: WorkflowPreview,
    description:
      "Renders what each step of a workflow would send. Nothing is stored or sent. Since no step has been called, values of `steps.<id>.response` render as their own names and `steps.<id>.status` as 200. All templates together may take 1 second. Errors: INVALID, TEMPLATE_INVALID, TARGET_REFUSED, NOT_FOUND.",
    args: {
      input: t.arg({
        type: PreviewWorkflowInput,
        required: true,
        description: "The workflow and the event to try it on.",
      }),
    },
    resolve: async (_root, { input }, context) => {
      const { hub } = context;
      const project = await currentProject(context);
      const { refusals = [], ...preview } = await withUserErrors(() =>
        previewWorkflow(
          { read: (_, work) => context.read(work), ...hub.workflows },
          project,
          input,
        ),
      );
      return { ...preview, userErrors: [...preview.userErrors, ...refusals] };
    },
  }),
);
