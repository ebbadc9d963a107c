import {
  type HookHour as HookHourRow,
  type HookQueue,
  hookHoursOf,
  hookQueuesOf,
  type Overview as OverviewRow,
  overviewOf,
  type ProjectMinute as ProjectMinuteRow,
  projectMinutesOf,
} from "../../db/project/counters.ts";
import { builder } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { requestError } from "../gate/requestError.ts";
import { Hook } from "../hook/hook.ts";
import { batched } from "../page/loaders.ts";

const MAX_HOURS = 168;
const MAX_MINUTES = 1_440;

function checkRange(value: number, max: number, argument: string): number {
  if (value >= 1 && value <= max) return value;
  throw requestError("BAD_REQUEST", `${argument} must be a whole number from 1 to ${max}.`);
}

async function queueOf(context: Context, hookId: string): Promise<HookQueue> {
  const { caller, read } = context;
  const loader = batched(context, "hook queues", (ids) =>
    read((sql) => hookQueuesOf(sql, caller.projectId, ids)),
  );
  return (await loader.load(hookId)) ?? { waiting: 0, parked: 0 };
}

const ProjectMinute = builder.objectRef<ProjectMinuteRow>("ProjectMinute").implement({
  description: "The project's counters for one minute.",
  fields: (t) => ({
    minute: t.expose("minute", { type: "DateTime", description: "The start of the minute." }),
    accepted: t.exposeInt("accepted", { description: "Events accepted." }),
    delivered: t.exposeInt("delivered", { description: "Deliveries that succeeded." }),
    failed: t.exposeInt("failed", { description: "Deliveries that ended FAILED or GONE." }),
  }),
});

const HookHour = builder.objectRef<HookHourRow>("HookHour").implement({
  description: "A hook's counters for one hour.",
  fields: (t) => ({
    hour: t.expose("hour", { type: "DateTime", description: "The start of the hour, in UTC." }),
    succeeded: t.exposeInt("succeeded", { description: "Deliveries that succeeded." }),
    failed: t.exposeInt("failed", { description: "Deliveries that ended FAILED or GONE." }),
    retried: t.exposeInt("retried", {
      description: "Failed attempts that were followed by a retry.",
    }),
  }),
});

const Overview = builder.objectRef<OverviewRow>("Overview").implement({
  description:
    "The project at a glance. The counters are kept up to date, so frequent polling is cheap.",
  fields: (t) => ({
    acceptedPerSecond: t.exposeFloat("acceptedPerSecond", {
      description: "Events accepted per second, averaged over the last minute.",
    }),
    deliveredPerSecond: t.exposeFloat("deliveredPerSecond", {
      description: "Deliveries that succeeded per second, averaged over the last minute.",
    }),
    failingHooks: t.exposeInt("failingHooks", {
      description:
        "Hooks, except deleted ones, with more failed than successful calls in the current and the previous clock hour.",
    }),
    oldestWaitingSeconds: t.exposeFloat("oldestWaitingSeconds", {
      description:
        "How long the longest-waiting due delivery has been due, in seconds; 0 if none is waiting.",
    }),
    minutes: t.field({
      type: [ProjectMinute],
      description:
        "The last minutes including the current one, oldest first. Minutes without activity are zero.",
      args: {
        last: t.arg.int({
          defaultValue: 60,
          description: "The number of minutes: 1 to 1,440, default 60.",
        }),
      },
      resolve: (_overview, { last }, { caller, read }) =>
        read((sql) =>
          projectMinutesOf(sql, caller.projectId, checkRange(last ?? 60, MAX_MINUTES, "last")),
        ),
    }),
  }),
});

builder.queryField("overview", (t) =>
  t.field({
    type: Overview,
    description: "The current state of the project in numbers.",
    resolve: (_root, _args, { caller, read }) => read((sql) => overviewOf(sql, caller.projectId)),
  }),
);

builder.objectFields(Hook, (t) => ({
  hours: t.field({
    type: [HookHour],
    description: "The hook's counters per hour, oldest first. Hours without calls are omitted.",
    args: {
      last: t.arg.int({
        defaultValue: 24,
        description: "The number of hours: 1 to 168, default 24.",
      }),
    },
    resolve: async ({ id }, { last }, context) => {
      const { caller, read } = context;
      const hours = checkRange(last ?? 24, MAX_HOURS, "last");
      const loader = batched(context, `hook hours ${hours}`, (ids) =>
        read((sql) => hookHoursOf(sql, caller.projectId, ids, hours)),
      );
      return (await loader.load(id)) ?? [];
    },
  }),
  waitingCount: t.int({
    description: "Deliveries that wait for their next attempt. Counting stops at 10,000.",
    resolve: async ({ id }, _args, context) => (await queueOf(context, id)).waiting,
  }),
  parkedCount: t.int({
    description: "Deliveries that are PARKED until the hook is resumed. Counting stops at 10,000.",
    resolve: async ({ id }, _args, context) => (await queueOf(context, id)).parked,
  }),
}));
