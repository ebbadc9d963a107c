import {
  type EventScheduleRow,
  type EventScheduleStatus,
  eventSchedulesById,
  listEventSchedules,
} from "../../db/schedule/eventSchedules.ts";
import { upcomingRuns } from "../../domain/schedule/upcomingRuns.ts";
import { rawJson } from "../../util/json/rawJson.ts";
import { builder, Node } from "../builder/builder.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { Event, loadEvent } from "../event/event.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { rowLoader } from "../page/loaders.ts";
import { pageArgs } from "../page/pageArgs.ts";

const EventScheduleStatusEnum = describedEnum("EventScheduleStatus", "The state of a schedule.", {
  ACTIVE: "Runs when it is due.",
  PAUSED: "Runs only by hand (runEventSchedule).",
} satisfies Record<EventScheduleStatus, string>);

/** A schedule of the caller's project. */
export const loadEventSchedule = rowLoader<EventScheduleRow>("eventSchedule", eventSchedulesById);

export const EventSchedule = builder.objectRef<EventScheduleRow>("EventSchedule").implement({
  description: "Emits an event again and again, by cron.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", { description: "The name, unique within the project." }),
    cron: t.exposeString("cron", { description: "When it runs, as it was given." }),
    timeZone: t.exposeString("timeZone", {
      description: "The IANA time zone of the cron, such as Europe/Berlin.",
    }),
    event: t.field({
      type: "JSON",
      description: "What each run emits: the fields of EmitEventInput that were given.",
      resolve: ({ event }) => rawJson(event),
    }),
    status: t.field({
      type: EventScheduleStatusEnum,
      description: "The current state.",
      resolve: ({ nextRunAt }) => (nextRunAt ? "ACTIVE" : "PAUSED"),
    }),
    nextRunAt: t.expose("nextRunAt", {
      type: "DateTime",
      nullable: true,
      description: "When it runs next; null while it is PAUSED.",
    }),
    nextRuns: t.field({
      type: ["DateTime"],
      description: "When it runs the next three times; empty while it is PAUSED.",
      resolve: upcomingRuns,
    }),
    lastRunAt: t.expose("lastRunAt", {
      type: "DateTime",
      nullable: true,
      description: "When it last emitted an event, also by hand; null if it never did.",
    }),
    lastEvent: t.field({
      type: Event,
      nullable: true,
      description:
        "The event that it emitted last; null if there is none, or retention removed it.",
      resolve: async ({ lastEventId }, _args, context) =>
        (lastEventId && (await loadEvent(context, lastEventId))) || null,
    }),
    lastError: t.exposeString("lastError", {
      nullable: true,
      description:
        "Why the last run emitted nothing, such as data that no longer matches the schema of its type; null if it did emit.",
    }),
    missedRuns: t.exposeInt("missedRuns", {
      description:
        "How many runs have no event of their own, because no hub ran when they were due. The last one of such runs is made up for at the next start, the others are counted here; at most 1,000 at a time.",
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      description: "When the schedule was saved first.",
    }),
    updatedAt: t.expose("updatedAt", {
      type: "DateTime",
      description: "When the schedule was last changed, paused or resumed.",
    }),
  }),
});

const EventScheduleConnection = connectionType("EventSchedule", EventSchedule);

builder.queryFields((t) => ({
  eventSchedule: t.field({
    type: EventSchedule,
    nullable: true,
    description: "The schedule with this id; null if the project has none.",
    args: { id: t.arg.id({ required: true, description: "The schedule's id." }) },
    resolve: (_root, { id }, context) => loadEventSchedule(context, id),
  }),
  eventSchedules: t.field({
    type: EventScheduleConnection,
    description: "The project's schedules, newest first.",
    args: {
      ...pageArgs,
      status: t.arg({
        type: [EventScheduleStatusEnum],
        description: "Only with one of these statuses.",
      }),
    },
    resolve: async (_root, args, { caller, read }) =>
      toConnection(
        await read((sql) =>
          listEventSchedules(sql, caller.projectId, args.status, pageRequest(args)),
        ),
      ),
  }),
}));
