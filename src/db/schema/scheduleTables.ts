import { sql } from "drizzle-orm";
import { index, integer, primaryKey, text, unique, uuid } from "drizzle-orm/pg-core";
import { jsonText, ownProject, signalbox, time } from "./tables.ts";

/** Events that are emitted again and again, by cron. */
export const eventSchedules = signalbox.table(
  "event_schedules",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    name: text("name").notNull(),
    cron: text("cron").notNull(),
    timeZone: text("time_zone").notNull(),
    /** The input of the event that each run emits. */
    event: jsonText("event").notNull(),
    /** When it runs next; null while it is paused. */
    nextRunAt: time("next_run_at"),
    lastRunAt: time("last_run_at"),
    lastEventId: uuid("last_event_id"),
    /** Why the last run emitted nothing; null if it did emit. */
    lastError: text("last_error"),
    /** How many runs had no event of their own, because nothing ran when they were due. */
    missedRuns: integer("missed_runs").notNull().default(0),
    createdAt: time("created_at").notNull().defaultNow(),
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    unique("event_schedules_name").on(t.projectId, t.name),
    index("event_schedules_due").on(t.nextRunAt).where(sql`next_run_at is not null`),
  ],
);
