import type { Sql, Tx } from "../connection/client.ts";
import { type Maybe, when } from "../page/conditions.ts";
import { idPage, type Page, type PageRequest } from "../page/page.ts";
import type { eventSchedules } from "../schema/scheduleTables.ts";

/** A schedule as stored; `event` is JSON text. */
export type EventScheduleRow = typeof eventSchedules.$inferSelect;
export type EventScheduleStatus = "ACTIVE" | "PAUSED";

const columns = (
  sql: Sql,
) => sql`s.project_id as "projectId", s.id, s.name, s.cron, s.time_zone as "timeZone",
  s.event::text as event, s.next_run_at as "nextRunAt", s.last_run_at as "lastRunAt",
  s.last_event_id as "lastEventId", s.last_error as "lastError", s.missed_runs as "missedRuns",
  s.created_at as "createdAt", s.updated_at as "updatedAt"`;

/** Schedules of one project by id; unknown ids and those of other projects are left out. */
export const eventSchedulesById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<EventScheduleRow[]>`select ${columns(sql)} from signalbox.event_schedules s
    where s.project_id = ${projectId} and s.id = any(${ids as string[]}::uuid[])`;

/** Locks a schedule until the end of the transaction and returns it. */
export const lockedEventSchedule = (tx: Tx, projectId: string, id: string) =>
  tx<EventScheduleRow[]>`select ${columns(tx)} from signalbox.event_schedules s
    where s.project_id = ${projectId} and s.id = ${id} for update`;

/** A project's schedules, newest first. */
export const listEventSchedules = (
  sql: Sql,
  projectId: string,
  status: Maybe<EventScheduleStatus[]>,
  request: PageRequest,
): Promise<Page<EventScheduleRow>> =>
  idPage<EventScheduleRow>(
    sql,
    sql`select ${columns(sql)} from signalbox.event_schedules s`,
    sql`s.id`,
    [
      sql`s.project_id = ${projectId}`,
      ...when(
        status,
        (these) =>
          sql`case when s.next_run_at is null then 'PAUSED' else 'ACTIVE' end = any(${these}::text[])`,
      ),
    ],
    request,
  );

export async function countEventSchedules(tx: Tx, projectId: string): Promise<number> {
  const [row] = await tx<{ n: number }[]>`
    select count(*)::int as n from signalbox.event_schedules where project_id = ${projectId}`;
  return row?.n ?? 0;
}

export const insertEventSchedule = (
  tx: Tx,
  { projectId, id, name, cron, timeZone, event, nextRunAt }: NewEventSchedule,
) => tx<EventScheduleRow[]>`
  insert into signalbox.event_schedules as s (project_id, id, name, cron, time_zone, event, next_run_at)
  values (${projectId}, ${id}, ${name}, ${cron}, ${timeZone}, ${event}::text::json, ${nextRunAt})
  returning ${columns(tx)}`;

type NewEventSchedule = Pick<
  EventScheduleRow,
  "projectId" | "id" | "name" | "cron" | "timeZone" | "event" | "nextRunAt"
>;

/** Updates what people may change of a schedule. */
export const updateEventScheduleRow = (
  tx: Tx,
  { projectId, id, name, cron, timeZone, event, nextRunAt }: NewEventSchedule,
) => tx<EventScheduleRow[]>`
  update signalbox.event_schedules s set name = ${name}, cron = ${cron}, time_zone = ${timeZone},
    event = ${event}::text::json, next_run_at = ${nextRunAt}, updated_at = now()
  where s.project_id = ${projectId} and s.id = ${id} returning ${columns(tx)}`;

export const removeEventSchedule = (sql: Sql, projectId: string, id: string) =>
  sql<EventScheduleRow[]>`delete from signalbox.event_schedules s
    where s.project_id = ${projectId} and s.id = ${id} returning ${columns(sql)}`;

/** A run of a schedule, by which it is known to be done once. */
export type DueRun = Pick<EventScheduleRow, "projectId" | "id"> & { dueAt: Date };

/** Runs of schedules that are due now or within `withinMs`: the first `limit` of them. */
export const dueEventSchedules = (sql: Sql, withinMs: number, limit: number) => sql`
  select project_id as "projectId", id, next_run_at as "dueAt",
    (extract(epoch from next_run_at - now()) * 1000)::float8 as "inMs"
  from signalbox.event_schedules where next_run_at <= now() + ${withinMs} * interval '1 millisecond'
  order by next_run_at limit ${limit}`;

/** Notes a run by hand that emitted this event. */
export const recordManualRun = (
  tx: Tx,
  { projectId, id }: Pick<EventScheduleRow, "projectId" | "id">,
  eventId: string | null,
) => tx`
  update signalbox.event_schedules set last_run_at = now(), last_event_id = ${eventId}, last_error = null
  where project_id = ${projectId} and id = ${id}`;

/** What a run of a locked schedule leads to. `missed`: runs since the last one that get no event. */
export type RunOutcome = { nextRunAt: Date; missed: number };

/** Notes a run that emitted this event, and when the next one is due. */
export const recordRun = (
  tx: Tx,
  { projectId, id }: Pick<EventScheduleRow, "projectId" | "id">,
  { nextRunAt, missed }: RunOutcome,
  eventId: string | null,
) => tx`
  update signalbox.event_schedules set next_run_at = ${nextRunAt}, last_run_at = now(), last_event_id = ${eventId},
    last_error = null, missed_runs = missed_runs + ${missed}
  where project_id = ${projectId} and id = ${id}`;

/** Notes a run that could not emit, and when the next one is due. */
export const recordFailedRun = (
  tx: Tx,
  { projectId, id }: Pick<EventScheduleRow, "projectId" | "id">,
  { nextRunAt, missed }: RunOutcome,
  reason: string,
) => tx`
  update signalbox.event_schedules set next_run_at = ${nextRunAt}, last_error = ${reason},
    missed_runs = missed_runs + ${missed}
  where project_id = ${projectId} and id = ${id}`;
