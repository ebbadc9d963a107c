import { bigint, index, integer, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { jsonText, ownProject, signalbox, time } from "./tables.ts";

/**
 * Counts per minute, kept for two days, and per hour, kept for 90: of a project, of each hook and of each event type.
 * Workers add what is new in the feed (src/domain/statistics/rollUp.ts), so reading them costs the same however many
 * deliveries there are, and no delivery waits for them.
 */
export const statistics = signalbox.table(
  "statistics",
  {
    projectId: uuid("project_id").notNull(),
    /** PROJECT, HOOK or TYPE. */
    scope: text("scope").notNull(),
    /** The hook's id or the event type; empty for the project. */
    subject: text("subject").notNull(),
    /** MINUTE or HOUR. */
    step: text("step").notNull(),
    at: time("at").notNull(),
    accepted: integer("accepted").notNull(),
    succeeded: integer("succeeded").notNull(),
    failed: integer("failed").notNull(),
    retried: integer("retried").notNull(),
    /** { "bucket": deliveries }: see src/domain/statistics/latency.ts. */
    latencies: jsonText("latencies").notNull(),
    /** { "status code": attempts }; 0 for no answer. */
    answers: jsonText("answers").notNull(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.scope, t.subject, t.step, t.at] }),
    index("statistics_at").on(t.step, t.at),
  ],
);

/** Up to which position of its feed a project's statistics count. */
export const statisticsPositions = signalbox.table(
  "statistics_positions",
  {
    projectId: uuid("project_id").primaryKey(),
    position: bigint("position", { mode: "number" }).notNull(),
    /** When the newest of what is counted happened. */
    at: time("at"),
  },
  () => [ownProject],
);
