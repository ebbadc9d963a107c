import type { EventRow } from "../../db/event/events.ts";
import { type RunRow, runsOfEvent } from "../../db/workflow/workflowRuns.ts";
import { longestWait } from "../../domain/emit/emitAndWait.ts";
import { runEvent } from "../../domain/emit/runEvent.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { WorkflowRun } from "../workflow/workflowRun.ts";
import { Event } from "./event.ts";

const RunEventInput = builder.inputType("RunEventInput", {
  description: "An event that starts workflows.",
  fields: (t) => ({
    event: t.string({
      required: true,
      description: "The event type, which must be registered (Alloy's name of a custom event).",
    }),
    userId: t.string({
      required: true,
      description: "The id of your user whose installed workflows run; 1 to 200 characters.",
    }),
    data: t.field({
      type: "JSON",
      description: "Any JSON, at most 256 KiB, that matches the schema of the type.",
    }),
    waitMs: t.int({
      description:
        "Milliseconds to wait for all runs and deliveries to end: 0 (default) to 15,000.",
    }),
  }),
});

type RunEventAnswer = { event: EventRow };

const RunEventPayload = payloadType<RunEventAnswer>(
  "RunEventPayload",
  "The result of runEvent, after the commit.",
  (t) => ({
    event: t.field({
      type: Event,
      nullable: true,
      description: "The event, durably stored.",
      resolve: ({ event }) => event,
    }),
    runs: t.field({
      type: [WorkflowRun],
      description:
        "The runs that the event started. Empty if the user has installed no released workflow of this type, or while the event is STAGED; the event is stored all the same.",
      resolve: ({ event }, _args, { caller, read }): RunRow[] | Promise<RunRow[]> =>
        event ? read((sql) => runsOfEvent(sql, caller.projectId, event.id)) : [],
    }),
  }),
);

builder.mutationField("runEvent", (t) =>
  t.field({
    type: RunEventPayload,
    description:
      "Emits an event that starts workflows. The type must be registered and the user named. Success means that the event is durably stored, and so are its runs and deliveries unless it is STAGED: those follow at once. Errors: INVALID, UNKNOWN_TYPE, DATA_INVALID.",
    args: { input: t.arg({ type: RunEventInput, required: true, description: "The event." }) },
    resolve: (_root, { input }, context) =>
      withUserErrors(async (): Promise<RunEventAnswer> => {
        const waitMs = longestWait([input.waitMs], () => ["waitMs"]);
        const { event } = await runEvent(context, input, waitMs);
        return { event };
      }),
  }),
);
