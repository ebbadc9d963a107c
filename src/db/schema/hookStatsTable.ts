/** The counters of hooks. */
import { bigint, primaryKey, uuid } from "drizzle-orm/pg-core";
import { ownProject, signalbox, time } from "./tables.ts";

/** Counters, separate from the hook: they change with every batch. */
export const hookStats = signalbox.table(
  "hook_stats",
  {
    projectId: uuid("project_id").notNull(),
    hookId: uuid("hook_id").notNull(),
    triggeredCount: bigint("triggered_count", { mode: "number" }).notNull().default(0),
    lastTriggeredAt: time("last_triggered_at"),
    succeededCount: bigint("succeeded_count", { mode: "number" }).notNull().default(0),
    failedCount: bigint("failed_count", { mode: "number" }).notNull().default(0),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.hookId] })],
);
