/** What changes about a hook with its attempts: its counters and its health. */
import { bigint, boolean, integer, primaryKey, smallint, text, uuid } from "drizzle-orm/pg-core";
import { ownProject, signalbox, time } from "./tables.ts";

/**
 * Separate from the hook: they change with every batch. All of it changes under the lock of the project's head, but for
 * the claim of a probe. An attempt that succeeds after another that did writes no more than its counters.
 */
export const hookStats = signalbox.table(
  "hook_stats",
  {
    projectId: uuid("project_id").notNull(),
    hookId: uuid("hook_id").notNull(),
    triggeredCount: bigint("triggered_count", { mode: "number" }).notNull().default(0),
    lastTriggeredAt: time("last_triggered_at"),
    succeededCount: bigint("succeeded_count", { mode: "number" }).notNull().default(0),
    failedCount: bigint("failed_count", { mode: "number" }).notNull().default(0),
    /** HEALTHY, FAILING, OPEN or DISABLED, and since when. */
    health: text("health").notNull().default("HEALTHY"),
    healthSince: time("health_since").notNull().defaultNow(),
    /** Failed attempts without a success between, and the end of the first of them. */
    failures: integer("failures").notNull().default(0),
    failingSince: time("failing_since"),
    /** While OPEN: when the next probe is due, the claim of the one in flight, and how many have failed (to 6). */
    probeAt: time("probe_at"),
    probeToken: uuid("probe_token"),
    probes: smallint("probes").notNull().default(0),
    /** Nothing is sent before, by a target's Retry-After. */
    heldUntil: time("held_until"),
    /** The last warning before it is disabled: 0, 50 or 90 % of the way. */
    warned: smallint("warned").notNull().default(0),
    /** Whether a system event said that it fails, so that another says when it no longer does. */
    isTold: boolean("is_told").notNull().default(false),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.hookId] })],
);
