import type { EventScheduleRow } from "../../../db/schedule/eventSchedules.ts";
import { upcomingRuns } from "../../../domain/schedule/upcomingRuns.ts";
import { rawJson } from "../../../util/json/rawJson.ts";

/** A schedule as it is answered, with the names that it has in GraphQL. */
export const scheduleShown = (schedule: EventScheduleRow) => ({
  id: schedule.id,
  name: schedule.name,
  cron: schedule.cron,
  timeZone: schedule.timeZone,
  event: rawJson(schedule.event),
  status: schedule.nextRunAt ? "ACTIVE" : "PAUSED",
  nextRunAt: schedule.nextRunAt,
  nextRuns: upcomingRuns(schedule),
  lastRunAt: schedule.lastRunAt,
  lastEventId: schedule.lastEventId,
  lastError: schedule.lastError,
  missedRuns: schedule.missedRuns,
  createdAt: schedule.createdAt,
  updatedAt: schedule.updatedAt,
});
