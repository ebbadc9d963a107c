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
  description: "What happened in one minute of a project.",
  fields: (t) => ({
    minute: t.expose("minute", { type: "DateTime", description: "When the minute began." }),
    accepted: t.exposeInt("accepted", { description: "Events accepted." }),
    delivered: t.exposeInt("delivered", { description: "Deliveries that succeeded." }),
    failed: t.exposeInt("failed", { description: "Deliveries that ended FAILED or GONE." }),
  }),
});

const HookHour = builder.objectRef<HookHourRow>("HookHour").implement({
  description: "How one hook's calls went in one hour.",
  fields: (t) => ({
    hour: t.expose("hour", { type: "DateTime", description: "When the hour began, in UTC." }),
    succeeded: t.exposeInt("succeeded", { description: "Deliveries that succeeded." }),
    failed: t.exposeInt("failed", { description: "Deliveries that ended FAILED or GONE." }),
    retried: t.exposeInt("retried", { description: "Calls that failed with more tries to come." }),
  }),
});

const Overview = builder.objectRef<OverviewRow>("Overview").implement({
  description: "The project at a glance; counted as it happens, so that it is cheap to ask often.",
  fields: (t) => ({
    acceptedPerSecond: t.exposeFloat("acceptedPerSecond", {
      description: "Events accepted a second, over the last minute.",
    }),
    deliveredPerSecond: t.exposeFloat("deliveredPerSecond", {
      description: "Deliveries that succeeded a second, over the last minute.",
    }),
    failingHooks: t.exposeInt("failingHooks", {
      description:
        "Live hooks of which more calls failed than succeeded in this clock hour and the last.",
    }),
    oldestWaitingSeconds: t.exposeFloat("oldestWaitingSeconds", {
      description: "How long the delivery that is due the longest has waited; 0 when none waits.",
    }),
    minutes: t.field({
      type: [ProjectMinute],
      description: "The last minutes, this one too, oldest first; quiet ones hold zeros.",
      args: {
        last: t.arg.int({ defaultValue: 60, description: "How many: 1 to 1,440, default 60." }),
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
    description: "How the project is doing now.",
    resolve: (_root, _args, { caller, read }) => read((sql) => overviewOf(sql, caller.projectId)),
  }),
);

builder.objectFields(Hook, (t) => ({
  hours: t.field({
    type: [HookHour],
    description: "How its calls went, oldest hour first; hours without calls are left out.",
    args: {
      last: t.arg.int({ defaultValue: 24, description: "How many hours: 1 to 168, default 24." }),
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
    description: "Deliveries that wait for their next call; counted to 10,000.",
    resolve: async ({ id }, _args, context) => (await queueOf(context, id)).waiting,
  }),
  parkedCount: t.int({
    description: "Deliveries PARKED until the hook is resumed; counted to 10,000.",
    resolve: async ({ id }, _args, context) => (await queueOf(context, id)).parked,
  }),
}));
