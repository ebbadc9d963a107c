import type { Sql } from "../../db/connection/client.ts";
import { databaseNow } from "../../db/event/schedules.ts";
import type { EventScheduleRow } from "../../db/schedule/eventSchedules.ts";
import { checkAll } from "../input/checkAll.ts";
import { type CronTimes, readCron } from "./cron.ts";
import { nextRun } from "./nextRun.ts";
import { checkTimeZone } from "./timeZone.ts";

const RUNS = 3;

function runsFrom(times: CronTimes, timeZone: string, first: Date): Date[] {
  const runs = [first];
  while (runs.length < RUNS) runs.push(nextRun(times, timeZone, runs.at(-1) ?? first));
  return runs;
}

/** The next three runs of a schedule; none while it is paused. */
export const upcomingRuns = ({
  cron,
  timeZone,
  nextRunAt,
}: Pick<EventScheduleRow, "cron" | "timeZone" | "nextRunAt">): Date[] =>
  nextRunAt === null ? [] : runsFrom(readCron(cron), timeZone, nextRunAt);

/** The first three runs of a schedule that would be saved now. Throws INVALID. */
export async function previewRuns(sql: Sql, cron: string, timeZone: string): Promise<Date[]> {
  await checkAll([() => readCron(cron), () => checkTimeZone(timeZone)]);
  const times = readCron(cron);
  return runsFrom(times, timeZone, nextRun(times, timeZone, await databaseNow(sql)));
}
