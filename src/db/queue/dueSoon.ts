import type { Sql } from "../connection/client.ts";
import { dueEvents } from "../event/schedules.ts";
import { type DueRun, dueEventSchedules } from "../schedule/eventSchedules.ts";

/** An event, or a run of a schedule. `inMs` is 0 or less if it is due. */
type DueSoon = { inMs: number } & (DueRun | { projectId: string; id: string; dueAt: null });

/**
 * What is due now or within `withinMs`, the first ones first, in one statement: at most `limit` events per project, and
 * as many runs of all.
 */
export const dueSoon = (sql: Sql, withinMs: number, limit: number) => sql<DueSoon[]>`
  select "projectId", id, "inMs", null::timestamptz as "dueAt" from (${dueEvents(sql, withinMs, limit)}) e
  union all
  select "projectId", id, "inMs", "dueAt" from (${dueEventSchedules(sql, withinMs, limit)}) s
  order by "inMs"`;
