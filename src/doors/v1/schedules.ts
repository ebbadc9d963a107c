import { z } from "zod";
import {
  type EventScheduleRow,
  eventSchedulesById,
  listEventSchedules,
} from "../../db/schedule/eventSchedules.ts";
import {
  deleteEventSchedule,
  pauseEventSchedule,
  resumeEventSchedule,
  scheduleEvents,
  updateEventSchedule,
} from "../../domain/schedule/schedule.ts";
import { runEventSchedule } from "../../domain/schedule/scheduleRun.ts";
import type { Context } from "../../graphql/builder/context.ts";
import { isId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { component, listOf } from "./answers.ts";
import { nestedEvent } from "./emitInput.ts";
import { type Endpoint, endpoint, locationOf } from "./endpoint.ts";
import { oneOf, pageBody, pageOf, pageQuery } from "./query.ts";
import { scheduleShown } from "./shown/schedule.ts";

const scheduleEventsInput = z
  .strictObject({
    name: z.string(),
    cron: z.string(),
    timeZone: z.string().nullish(),
    event: nestedEvent,
  })
  .meta({ id: "ScheduleEventsInput" });
const updateEventScheduleInput = z
  .strictObject({
    name: z.string().nullish(),
    cron: z.string().nullish(),
    timeZone: z.string().nullish(),
    event: nestedEvent.nullish(),
  })
  .meta({ id: "UpdateEventScheduleInput" });
/** What the event holds keeps its digits. */
const exact = ["event"];

async function findSchedule({ caller, read }: Context, id: string): Promise<EventScheduleRow> {
  const [found] = isId(id)
    ? await read((sql) => eventSchedulesById(sql, caller.projectId, [id]))
    : [];
  if (!found) throw userError("NOT_FOUND", `no schedule ${id}`, ["id"]);
  return found;
}

const change = (
  name: "pause" | "resume" | "run",
  summary: string,
  run: (context: Context, id: string) => Promise<EventScheduleRow>,
): Endpoint =>
  endpoint({
    method: "POST",
    path: `/v1/schedules/{id}/${name}`,
    operation: `Mutation.${name}EventSchedule`,
    summary,
    answer: component("EventSchedule"),
    handle: async ({ context, params: { id = "" } }) => ({
      body: scheduleShown(await run(context, id)),
    }),
  });

export const scheduleEndpoints: Endpoint[] = [
  endpoint({
    method: "GET",
    path: "/v1/schedules",
    operation: "Query.eventSchedules",
    summary: "The project's schedules, newest first.",
    query: z.strictObject({ ...pageQuery, status: oneOf(["ACTIVE", "PAUSED"]).optional() }),
    answer: listOf("EventSchedule"),
    async handle({ context: { caller, read }, asked }) {
      const request = pageOf(asked);
      const page = await read((sql) =>
        listEventSchedules(sql, caller.projectId, asked.status, request),
      );
      return { body: await pageBody(page, (rows) => rows.map(scheduleShown)) };
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/schedules",
    operation: "Mutation.scheduleEvents",
    summary: "Saves a schedule, which is ACTIVE at once.",
    body: scheduleEventsInput,
    exact,
    status: 201,
    answer: component("EventSchedule"),
    async handle({ context, input }) {
      const { caller, hub } = context;
      const schedule = await scheduleEvents(hub.schedules, caller.projectId, input);
      return {
        body: scheduleShown(schedule),
        headers: locationOf(context, `/v1/schedules/${schedule.id}`),
      };
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/schedules/{id}",
    operation: "Query.eventSchedule",
    summary: "The schedule with this id.",
    answer: component("EventSchedule"),
    handle: async ({ context, params: { id = "" } }) => ({
      body: scheduleShown(await findSchedule(context, id)),
    }),
  }),
  endpoint({
    method: "PATCH",
    path: "/v1/schedules/{id}",
    operation: "Mutation.updateEventSchedule",
    summary: "Changes a schedule. Absent fields keep their value, and so do those that are null.",
    body: updateEventScheduleInput,
    exact,
    answer: component("EventSchedule"),
    async handle({ context: { caller, hub }, input, params: { id = "" } }) {
      const schedule = await updateEventSchedule(hub.schedules, caller.projectId, id, input);
      return { body: scheduleShown(schedule) };
    },
  }),
  endpoint({
    method: "DELETE",
    path: "/v1/schedules/{id}",
    operation: "Mutation.deleteEventSchedule",
    summary: "Deletes a schedule. The events that it emitted stay.",
    status: 204,
    async handle({ context: { caller, hub }, params: { id = "" } }) {
      await deleteEventSchedule(hub.schedules, caller.projectId, id);
      return {};
    },
  }),
  change("pause", "Pauses a schedule: it does not run by itself.", ({ caller, hub }, id) =>
    pauseEventSchedule(hub.schedules, caller.projectId, id),
  ),
  change(
    "resume",
    "Resumes a schedule from its next time after now; nothing is made up for.",
    ({ caller, hub }, id) => resumeEventSchedule(hub.schedules, caller.projectId, id),
  ),
  change(
    "run",
    "Emits its event once, now, also while it is PAUSED; `lastEventId` is that event.",
    ({ caller, hub, trace }, id) =>
      runEventSchedule(
        { sql: hub.db.sql, emitInTransaction: hub.emitInTransaction },
        { projectId: caller.projectId, trace },
        id,
      ),
  ),
];
