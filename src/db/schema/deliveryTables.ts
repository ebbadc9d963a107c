/**
 * The tables of what happens to events: deliveries and their attempts, the feed, and the processes at work. What waits is
 * in one table and what has ended in another; the views `deliveries`, `attempts` and `changes` show them as one. Some are
 * cut into partitions, as `events` is, which drizzle cannot say: ranges.ts.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  primaryKey,
  smallint,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import { jsonText, ownProject, signalbox, time } from "./tables.ts";

/** What a delivery is, waiting or ended. */
const delivery = {
  projectId: uuid("project_id").notNull(),
  id: uuid("id").notNull(),
  eventId: uuid("event_id").notNull(),
  hookId: uuid("hook_id").notNull(),
  /** Frozen when matched: every try sends the same bytes, whatever the hook is changed to. */
  format: text("format").notNull(),
  status: text("status").notNull(),
};
/** How it last failed, and what it was made for other than its event's hook. */
const origin = {
  lastError: text("last_error"),
  replayOf: uuid("replay_of"),
  replayNumber: smallint("replay_number").notNull().default(0),
  /** Of a workflow's step: its run, and which of its steps. `hook_id` is then the workflow's queue. */
  runId: uuid("run_id"),
  stepPosition: smallint("step_position"),
};

/**
 * What waits: small and hot. A claim changes columns that no index has, so that it is written in place; what ends leaves
 * the table. Its indexes begin with what they are to be used for, and only the key with the project: while statistics say
 * that the table is empty, every index that fits costs the same, and a project's whole queue might be read for each row.
 */
export const queue = signalbox.table(
  "queue",
  {
    ...delivery,
    attemptCount: smallint("attempt_count").notNull().default(0),
    maxAttempts: smallint("max_attempts").notNull(),
    /** When the next attempt is due; null when PARKED. */
    dueAt: time("due_at"),
    /** Set while an attempt is in flight: who holds it, the fencing token, and until when it counts. */
    leaseWorker: uuid("lease_worker"),
    leaseToken: uuid("lease_token"),
    leaseUntil: time("lease_until"),
    /** How often a process died holding it: at 3 it is QUARANTINED. */
    unknownCount: smallint("unknown_count").notNull().default(0),
    ...origin,
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (t) => [
    ownProject,
    check("queue_status", sql`status in ('PENDING', 'RETRYING', 'PARKED')`),
    index("queue_due").on(t.hookId, t.dueAt),
    // What is listed of a hook; one that is paused may have any number.
    index("queue_hook").on(t.hookId, t.id),
    // What processes have died of: tried alone.
    index("queue_suspect").on(t.hookId, t.dueAt).where(sql`unknown_count >= 2`),
    // What a replay adds to, as far as it is due.
    index("queue_again")
      .on(t.hookId, t.dueAt)
      .where(sql`status = 'RETRYING' or replay_of is not null`),
    primaryKey({ columns: [t.projectId, t.id] }),
    // One delivery per event and hook, one per replay of it, and one per step of a run; also finds an event's deliveries.
    unique("queue_once")
      .on(t.eventId, t.projectId, t.hookId, t.replayNumber, t.runId, t.stepPosition)
      .nullsNotDistinct(),
  ],
);

/** What has ended: written once, with the attempt that ended it. Cut into partitions by `event_id`. */
export const endedDeliveries = signalbox.table(
  "ended_deliveries",
  {
    ...delivery,
    attemptCount: smallint("attempt_count").notNull(),
    maxAttempts: smallint("max_attempts").notNull(),
    unknownCount: smallint("unknown_count").notNull().default(0),
    completedAt: time("completed_at").notNull(),
    ...origin,
    createdAt: time("created_at").notNull(),
    /** The last attempt, number `attempt_count`; without an outcome it is in `earlier_attempts`, or there was none. */
    startedAt: time("started_at"),
    elapsedMs: integer("elapsed_ms"),
    outcome: text("outcome"),
    statusCode: smallint("status_code"),
    error: text("error"),
    remoteAddress: text("remote_address"),
    requestHeaders: jsonText("request_headers"),
    responseHeaders: jsonText("response_headers"),
    responseBody: text("response_body"),
    responseTruncated: boolean("response_truncated"),
  },
  (t) => [
    ownProject,
    check(
      "ended_status",
      sql`status in ('SUCCEEDED', 'FAILED', 'GONE', 'CANCELLED', 'QUARANTINED')`,
    ),
    index("ended_deliveries_event").on(t.projectId, t.eventId, t.hookId),
    index("ended_deliveries_hook").on(t.projectId, t.hookId, t.id),
    // What an operator looks for: few among very many.
    index("ended_deliveries_lost")
      .on(t.projectId, t.id)
      .where(sql`status in ('FAILED', 'QUARANTINED')`),
  ],
);

/** Attempts that did not end their delivery, and those of presses. Cut into partitions by `delivery_id`. */
export const earlierAttempts = signalbox.table(
  "earlier_attempts",
  {
    projectId: uuid("project_id").notNull(),
    deliveryId: uuid("delivery_id").notNull(),
    number: smallint("number").notNull(),
    startedAt: time("started_at").notNull(),
    elapsedMs: integer("elapsed_ms").notNull(),
    outcome: text("outcome").notNull(),
    statusCode: smallint("status_code"),
    error: text("error"),
    remoteAddress: text("remote_address"),
    requestHeaders: jsonText("request_headers").notNull(),
    responseHeaders: jsonText("response_headers"),
    responseBody: text("response_body"),
    responseTruncated: boolean("response_truncated").notNull().default(false),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.deliveryId, t.number] })],
);

/** A project's feed: one record for each commit, of positions `first` to `last`. Cut into partitions by `at`. */
export const feed = signalbox.table(
  "feed",
  {
    projectId: uuid("project_id").notNull(),
    last: bigint("last", { mode: "number" }).notNull(),
    first: bigint("first", { mode: "number" }).notNull(),
    at: time("at").notNull(),
    /** [{ kind, id, eventId, hookId, created, state }], one for each position; there may be fewer. */
    items: jsonText("items").notNull(),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.last, t.at] })],
);

/**
 * What moves with a project's commits. Whoever writes to its feed locks its row to the commit, so that positions are
 * dense and in the order of commits.
 */
export const heads = signalbox.table(
  "heads",
  {
    projectId: uuid("project_id").primaryKey(),
    head: bigint("head", { mode: "number" }).notNull().default(0),
    /** The newest position that retention has removed. */
    horizon: bigint("horizon", { mode: "number" }).notNull().default(0),
    /** Moves with every change that emits depend on: hooks, event types, the project's settings. */
    configVersion: bigint("config_version", { mode: "number" }).notNull().default(1),
  },
  () => [ownProject],
);

/** Every replay: deliveries that are tried again, some at a time. */
export const replays = signalbox.table(
  "replays",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    /** What it was asked for: `{ hookId, type, status, since, until }`. */
    filter: jsonText("filter").notNull(),
    status: text("status").notNull(),
    matched: integer("matched").notNull(),
    created: integer("created").notNull().default(0),
    createdAt: time("created_at").notNull().defaultNow(),
    /** When it was last worked at, or found waiting for room: a RUNNING one that is not has lost its job. */
    lookedAt: time("looked_at").notNull().defaultNow(),
    finishedAt: time("finished_at"),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    index("replays_running").on(t.lookedAt).where(sql`status = 'RUNNING'`),
  ],
);

/** What a replay still has to do: the deliveries that matched when it was asked for, of one hook each. */
export const replayChunks = signalbox.table(
  "replay_chunks",
  {
    projectId: uuid("project_id").notNull(),
    replayId: uuid("replay_id").notNull(),
    hookId: uuid("hook_id").notNull(),
    number: integer("number").notNull(),
    deliveryIds: uuid("delivery_ids").array().notNull(),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.replayId, t.hookId, t.number] })],
);

/** How each hook's calls went, hour by hour: kept for some days, for charts and health. */
export const hookHours = signalbox.table(
  "hook_hours",
  {
    projectId: uuid("project_id").notNull(),
    hookId: uuid("hook_id").notNull(),
    hour: time("hour").notNull(),
    succeeded: integer("succeeded").notNull().default(0),
    failed: integer("failed").notNull().default(0),
    /** Tries that failed with more to come. */
    retried: integer("retried").notNull().default(0),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.hookId, t.hour] }),
    index("hook_hours_hour").on(t.projectId, t.hour),
  ],
);

/** What a project took in and delivered, minute by minute: kept for two days. */
export const projectMinutes = signalbox.table(
  "project_minutes",
  {
    projectId: uuid("project_id").notNull(),
    minute: time("minute").notNull(),
    accepted: integer("accepted").notNull().default(0),
    delivered: integer("delivered").notNull().default(0),
    failed: integer("failed").notNull().default(0),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.minute] })],
);

/** Live worker processes; the session of each holds an advisory lock, so that its death shows. */
export const workers = signalbox.table("workers", {
  id: uuid("id").primaryKey(),
  host: text("host").notNull(),
  pid: integer("pid").notNull(),
  /** graphile-worker's pool id: jobs are locked under it. */
  poolId: text("pool_id").notNull(),
  /** The advisory lock its session holds, by which others see that it lives: a new number for each session. */
  livenessKey: bigint("liveness_key", { mode: "bigint" }).notNull(),
  startedAt: time("started_at").notNull().defaultNow(),
});

/** What is done by one at a time (locks.ts). */
export const locks = signalbox.table("locks", {
  name: text("name").primaryKey(),
  /** The advisory lock of the session that does it: a new number each time. */
  key: bigint("key", { mode: "bigint" }),
});

/** Facts about the installation: the key canary. */
export const settings = signalbox.table("settings", {
  name: text("name").primaryKey(),
  value: text("value").notNull(),
});
