import type { EventRow } from "../../db/event/events.ts";
import { type RunRow, runsOfEvent } from "../../db/workflow/workflowRuns.ts";
import { UserError, userError } from "../../util/userError.ts";
import { builder } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { WorkflowRun } from "../workflow/workflowRun.ts";
import { emitOne, waitOf } from "./emit.ts";
import { Event } from "./event.ts";

const RunEventInput = builder.inputType("RunEventInput", {
  description: "An event that is to run workflows.",
  fields: (t) => ({
    event: t.string({
      required: true,
      description: "The event's type, which must be registered: Alloy's name of a custom event.",
    }),
    userId: t.string({
      required: true,
      description: "For which of your users: what they have installed is run; 1 to 200 characters.",
    }),
    data: t.field({
      type: "JSON",
      description: "Any JSON, at most 256 KiB, that fits the schema of its type.",
    }),
    waitMs: t.int({
      description: "0 (default) to 15,000: answer when every run and delivery has ended, or then.",
    }),
  }),
});

type RunEventAnswer = { event: EventRow };

const RunEventPayload = payloadType<RunEventAnswer>(
  "RunEventPayload",
  "What runEvent answers, after the commit.",
  (t) => ({
    event: t.field({
      type: Event,
      nullable: true,
      description: "The event, accepted for good.",
      resolve: ({ event }) => event,
    }),
    runs: t.field({
      type: [WorkflowRun],
      description:
        "The runs it started; empty when the user has no released workflow of this type installed. The event has happened all the same.",
      resolve: ({ event }, _args, { caller, read }): RunRow[] | Promise<RunRow[]> =>
        event ? read((sql) => runsOfEvent(sql, caller.projectId, event.id)) : [],
    }),
  }),
);

/** What emitting calls `type` is called `event` here. */
const renamed = (path: string[]) => (path[0] === "type" ? ["event", ...path.slice(1)] : path);

async function requireRegistered({ caller, hub }: Context, type: string): Promise<void> {
  const config = (await hub.configs.current([caller.projectId])).get(caller.projectId);
  if (!config?.types.has(type))
    throw userError("UNKNOWN_TYPE", `unknown type: '${type}'`, ["event"]);
}

builder.mutationField("runEvent", (t) =>
  t.field({
    type: RunEventPayload,
    description:
      "Emits an event that is to run workflows: its type must be registered, its user named. An answer means that it is stored for good, with its runs and deliveries. Errors: INVALID, UNKNOWN_TYPE, DATA_INVALID.",
    args: { input: t.arg({ type: RunEventInput, required: true, description: "The event." }) },
    resolve: (_root, { input }, context) =>
      withUserErrors(async (): Promise<RunEventAnswer> => {
        const { event: type, userId, data } = input;
        const waitMs = waitOf([input.waitMs], () => ["waitMs"]);
        await requireRegistered(context, type);
        try {
          const { event } = await emitOne(context, { type, userId, data }, "API", waitMs);
          return { event };
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          throw new UserError(
            error.entries.map((entry) => ({ ...entry, path: renamed(entry.path) })),
          );
        }
      }),
  }),
);
