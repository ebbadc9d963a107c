import { builder } from "../builder/builder.ts";
import {
  afterArgument,
  changeType,
  matchesFilter,
  resolveEntity,
  subscribe,
} from "../feed/change.ts";
import { WorkflowRun } from "./workflowRun.ts";

const RunChange = changeType<"RUN">("RunChange", "A change of a workflow run.", (t) => ({
  run: t.field({
    type: WorkflowRun,
    description: "The run as it was at this change, with the states of its steps.",
    resolve: resolveEntity,
  }),
}));

builder.subscriptionField("runUpdated", (t) =>
  t.field({
    type: RunChange,
    description:
      "Every change of a run's status, including its creation and the start and end of each step.",
    args: {
      workflowId: t.arg.id({ description: "Only for this workflow." }),
      runId: t.arg.id({ description: "Only for this run." }),
      after: t.arg.string(afterArgument),
    },
    subscribe: (_root, args, context) =>
      subscribe(
        context,
        args.after,
        "RUN",
        // A run's queue is its workflow's.
        (change) =>
          matchesFilter(args.workflowId, change.hookId) &&
          matchesFilter(args.runId, change.entityId),
      ),
    resolve: (change) => change,
  }),
);
