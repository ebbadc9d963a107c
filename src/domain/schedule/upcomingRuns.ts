import type { EventScheduleRow } from "../../db/schedule/eventSchedules.ts";
import { readCron } from "./cron.ts";
import { nextRun } from "./nextRun.ts";

const RUNS = 3;

/** The next three runs of a schedule; none while it is paused. */
export function upcomingRuns({
  cron,
  timeZone,
  nextRunAt,
}: Pick<EventScheduleRow, "cron" | "timeZone" | "nextRunAt">): Date[] {
  if (nextRunAt === null) return [];
  const times = readCron(cron);
  const runs = [nextRunAt];
  while (runs.length < RUNS) runs.push(nextRun(times, timeZone, runs.at(-1) ?? nextRunAt));
  return runs;
}
