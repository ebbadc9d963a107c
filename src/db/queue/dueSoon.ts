import type { Sql } from "../connection/client.ts";
import { dueEvents } from "../event/schedules.ts";
import { dueEventSchedules } from "../schedule/eventSchedules.ts";

/** An event, or a run of a schedule. `inMs` is 0 or less if it is due. */
type DueSoon = {
  projectId: string;
  id: string;
  inMs: number;
  /** The time of a schedule's run, by which it is known to be done once; null for an event. */
  runAt: Date | null;
};

/**
 * What is due now or within `withinMs`, the first ones first, in one statement: at most `limit` events per project, and
 * as many runs of all.
 */
export const dueSoon = (sql: Sql, withinMs: number, limit: number) => sql<DueSoon[]>`
  select "projectId", id, "inMs", null::timestamptz as "runAt" from (${dueEvents(sql, withinMs, limit)}) e
  union all
  select "projectId", id, "inMs", "dueAt" from (${dueEventSchedules(sql, withinMs, limit)}) s
  order by "inMs"`;
