/**
 * The tables of deliveries and attempts, the feed, and the worker processes. Waiting deliveries are in one table and
 * ended ones in another; the views `deliveries`, `attempts` and `changes` show them as one. Some tables are
 * partitioned, like `events`, which drizzle cannot declare: see src/db/retention/partitions.ts.
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
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { jsonText, ownProject, signalbox, time } from "./tables.ts";

/** The columns of every delivery, waiting or ended. */
const delivery = {
  projectId: uuid("project_id").notNull(),
  id: uuid("id").notNull(),
  eventId: uuid("event_id").notNull(),
  hookId: uuid("hook_id").notNull(),
  /** Fixed when matched: every attempt sends the same bytes, however the hook is changed later. */
  format: text("format").notNull(),
  status: text("status").notNull(),
};
/** The last error, and the origin of a delivery that is a replay or a workflow's step. */
const origin = {
  lastError: text("last_error"),
  replayOf: uuid("replay_of"),
  replayNumber: smallint("replay_number").notNull().default(0),
  /** The run and position of a workflow's step. `hook_id` is then the workflow's queue. */
  runId: uuid("run_id"),
  stepPosition: smallint("step_position"),
};
/** The key that its hook's `order_by` yielded, and its place by acceptance; without a place it has no order. */
const order = {
  orderKey: text("order_key"),
  orderSeq: bigint("order_seq", { mode: "number" }),
};

/**
 * Waiting deliveries: small and hot. A claim only changes columns without an index, so it is a HOT update. Ended
 * deliveries leave the table. Its indexes begin with the column of their query, and only the key begins with the
 * project: while statistics say that the table is empty, every index costs the planner the same, and it might read a
 * project's whole queue for each row.
 */
export const queue = signalbox.table(
  "queue",
  {
    ...delivery,
    attemptCount: smallint("attempt_count").notNull().default(0),
    maxAttempts: smallint("max_attempts").notNull(),
    /** When the next attempt is due; null if PARKED, or while an earlier delivery of its key is open or lost. */
    dueAt: time("due_at"),
    /** Set while an attempt is in flight: the worker, the fencing token, and the end of the lease. */
    leaseWorker: uuid("lease_worker"),
    leaseToken: uuid("lease_token"),
    leaseUntil: time("lease_until"),
    /** How often a process died while holding it: at 3 it is QUARANTINED. */
    unknownCount: smallint("unknown_count").notNull().default(0),
    ...origin,
    createdAt: time("created_at").notNull().defaultNow(),
    ...order,
  },
  (t) => [
    ownProject,
    check("queue_status", sql`status in ('PENDING', 'RETRYING', 'PARKED')`),
    index("queue_due").on(t.hookId, t.dueAt),
    // For lists of a hook's deliveries: a paused hook may have any number.
    index("queue_hook").on(t.hookId, t.id),
    // Suspects (in flight at two crashes), which are retried alone.
    index("queue_suspect").on(t.hookId, t.dueAt).where(sql`unknown_count >= 2`),
    // What a replay adds, once due.
    index("queue_again")
      .on(t.hookId, t.dueAt)
      .where(sql`status = 'RETRYING' or replay_of is not null`),
    // What is parked, and what waits behind another delivery of its key: by acceptance.
    index("queue_not_due").on(t.hookId, t.status, t.orderSeq).where(sql`due_at is null`),
    // The next of a key.
    index("queue_key").on(t.hookId, t.orderKey, t.orderSeq).where(sql`order_seq is not null`),
    // The rule itself: of a key one delivery at most is due or in flight.
    uniqueIndex("queue_turn")
      .on(t.projectId, t.hookId, t.orderKey)
      .where(sql`order_seq is not null and due_at is not null`),
    primaryKey({ columns: [t.projectId, t.id] }),
    // One delivery per event and hook, one per replay of it, and one per step of a run. Also finds an event's
    // deliveries.
    unique("queue_once")
      .on(t.eventId, t.projectId, t.hookId, t.replayNumber, t.runId, t.stepPosition)
      .nullsNotDistinct(),
  ],
);

/** Ended deliveries: written once, with the attempt that ended them. Partitioned by `event_id`. */
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
    /**
     * The last attempt, number `attempt_count`. Without an outcome the last attempt is in `earlier_attempts`, or there
     * was none.
     */
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
    ...order,
  },
  (t) => [
    ownProject,
    check(
      "ended_status",
      sql`status in ('SUCCEEDED', 'FAILED', 'GONE', 'CANCELLED', 'QUARANTINED')`,
    ),
    index("ended_deliveries_event").on(t.projectId, t.eventId, t.hookId),
    index("ended_deliveries_hook").on(t.projectId, t.hookId, t.id),
    // For operators: lost deliveries are few among very many.
    index("ended_deliveries_lost")
      .on(t.projectId, t.id)
      .where(sql`status in ('FAILED', 'QUARANTINED')`),
  ],
);

/** Attempts that did not end their delivery, and those of presses. Partitioned by `delivery_id`. */
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

/** A project's feed: one record per commit, with positions `first` to `last`. Partitioned by `at`. */
export const feed = signalbox.table(
  "feed",
  {
    projectId: uuid("project_id").notNull(),
    last: bigint("last", { mode: "number" }).notNull(),
    first: bigint("first", { mode: "number" }).notNull(),
    at: time("at").notNull(),
    /** [{ kind, id, eventId, hookId, created, state }], one per position; there may be fewer items than positions. */
    items: jsonText("items").notNull(),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.last, t.at] })],
);

/**
 * The head of each project's feed. A transaction that writes to the feed locks this row until its commit, so that
 * positions are dense and in commit order.
 */
export const heads = signalbox.table(
  "heads",
  {
    projectId: uuid("project_id").primaryKey(),
    head: bigint("head", { mode: "number" }).notNull().default(0),
    /** The newest position removed by retention. */
    horizon: bigint("horizon", { mode: "number" }).notNull().default(0),
    /** Incremented by every change that emits depend on: hooks, event types, the project's settings. */
    configVersion: bigint("config_version", { mode: "number" }).notNull().default(1),
    /** None of the project's hooks is held after this; infinite while the breaker of one is open. Null: none is held. */
    heldUntil: time("held_until"),
  },
  () => [ownProject],
);

/** Replays: deliveries that are sent again in chunks. */
export const replays = signalbox.table(
  "replays",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    /** Its filter: `{ hookId, type, status, since, until }`. */
    filter: jsonText("filter").notNull(),
    status: text("status").notNull(),
    matched: integer("matched").notNull(),
    created: integer("created").notNull().default(0),
    createdAt: time("created_at").notNull().defaultNow(),
    /** When a worker last continued it. A RUNNING one with an old value has lost its worker. */
    lookedAt: time("looked_at").notNull().defaultNow(),
    finishedAt: time("finished_at"),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    index("replays_running").on(t.lookedAt).where(sql`status = 'RUNNING'`),
  ],
);

/**
 * The remaining chunks of a replay: deliveries that matched when it was created, each chunk of one hook. Of a backfill
 * they are events.
 */
export const replayChunks = signalbox.table(
  "replay_chunks",
  {
    projectId: uuid("project_id").notNull(),
    replayId: uuid("replay_id").notNull(),
    hookId: uuid("hook_id").notNull(),
    number: integer("number").notNull(),
    deliveryIds: uuid("delivery_ids").array().notNull(),
    /** Of a backfill of a hook with order: the key of each event, null for none. */
    orderKeys: text("order_keys").array(),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.replayId, t.hookId, t.number] })],
);

/** The outcomes of each hook's calls by hour, kept for some days, for charts and health. */
export const hookHours = signalbox.table(
  "hook_hours",
  {
    projectId: uuid("project_id").notNull(),
    hookId: uuid("hook_id").notNull(),
    hour: time("hour").notNull(),
    succeeded: integer("succeeded").notNull().default(0),
    failed: integer("failed").notNull().default(0),
    /** Failed attempts that are followed by another. */
    retried: integer("retried").notNull().default(0),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.hookId, t.hour] }),
    index("hook_hours_hour").on(t.projectId, t.hour),
  ],
);

/** Events accepted and delivered by a project per minute, kept for two days. */
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

/** Live worker processes. The session of each holds an advisory lock, so that its death shows. */
export const workers = signalbox.table("workers", {
  id: uuid("id").primaryKey(),
  host: text("host").notNull(),
  pid: integer("pid").notNull(),
  /** graphile-worker's pool id, under which jobs are locked. */
  poolId: text("pool_id").notNull(),
  /** The key of the liveness lock that its session holds, a new number for each session. */
  livenessKey: bigint("liveness_key", { mode: "bigint" }).notNull(),
  startedAt: time("started_at").notNull().defaultNow(),
});

/** Tasks for one process at a time (src/db/connection/locks.ts). */
export const locks = signalbox.table("locks", {
  name: text("name").primaryKey(),
  /** The key of the session's advisory lock, a new number each time. */
  key: bigint("key", { mode: "bigint" }),
});

/** Settings of the installation: the key check value. */
export const settings = signalbox.table("settings", {
  name: text("name").primaryKey(),
  value: text("value").notNull(),
});
