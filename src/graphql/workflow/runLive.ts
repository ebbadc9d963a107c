import { builder } from "../builder/builder.ts";
import {
  after,
  type ChangeOf,
  changeType,
  isKind,
  matchesFilter,
  resolveEntity,
  subscribe,
} from "../feed/change.ts";
import { WorkflowRun } from "./workflowRun.ts";

const RunChange = changeType<"RUN">(
  "RunChange",
  "A run of a workflow, as it was at one of its changes.",
  (t) => ({
    run: t.field({
      type: WorkflowRun,
      description: "The run as it was then, with the states of its steps.",
      resolve: resolveEntity,
    }),
  }),
);

const isRun = isKind("RUN");

builder.subscriptionField("runUpdated", (t) =>
  t.field({
    type: RunChange,
    description: "Every state of runs, their first included: each step's beginning and end.",
    args: {
      workflowId: t.arg.id({ description: "Of this workflow only." }),
      runId: t.arg.id({ description: "Of this run only." }),
      after: t.arg.string(after),
    },
    subscribe: (_root, args, context) =>
      subscribe(
        context,
        args.after,
        // A run's queue is its workflow's.
        (change) =>
          isRun(change) &&
          matchesFilter(args.workflowId, change.hookId) &&
          matchesFilter(args.runId, change.entityId),
      ),
    resolve: (change) => change as ChangeOf<"RUN">,
  }),
);
