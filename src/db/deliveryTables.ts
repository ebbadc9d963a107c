/**
 * The tables of what happens to events: deliveries and their attempts, the feed, and the processes at work.
 * `deliveries`, `attempts` and `changes` are cut into ranges, as `events` is, which drizzle cannot say: ranges.ts.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
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

export const deliveries = signalbox.table(
  "deliveries",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    eventId: uuid("event_id").notNull(),
    hookId: uuid("hook_id").notNull(),
    /** Frozen when matched: every try sends the same bytes, whatever the hook is changed to. */
    format: text("format").notNull(),
    status: text("status").notNull(),
    attemptCount: smallint("attempt_count").notNull().default(0),
    maxAttempts: smallint("max_attempts").notNull(),
    /** When the next attempt is due; null unless PENDING or RETRYING. */
    dueAt: time("due_at"),
    /** Set while an attempt is in flight: who holds it, the fencing token, and until when it counts. */
    leaseWorker: uuid("lease_worker"),
    leaseToken: uuid("lease_token"),
    leaseUntil: time("lease_until"),
    /** How often a process died holding it: at 3 it is QUARANTINED. */
    unknownCount: smallint("unknown_count").notNull().default(0),
    completedAt: time("completed_at"),
    lastError: text("last_error"),
    replayOf: uuid("replay_of"),
    replayNumber: smallint("replay_number").notNull().default(0),
    /** Of a workflow's step: its run, and which of its steps. `hook_id` is then the workflow's lane. */
    runId: uuid("run_id"),
    stepPosition: smallint("step_position"),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (t) => [
    ownProject,
    // Its key, (project_id, id), is one of each range (ranges.ts): of all of them it would need `event_id`, in one more
    // index.
    // One delivery per event and hook, one per replay of it, and one per step of a run; also finds an event's deliveries.
    unique("deliveries_once")
      .on(t.projectId, t.eventId, t.hookId, t.replayNumber, t.runId, t.stepPosition)
      .nullsNotDistinct(),
    index("deliveries_hook").on(t.projectId, t.hookId, t.id),
    index("deliveries_due")
      .on(t.projectId, t.hookId, t.dueAt)
      .where(sql`status in ('PENDING', 'RETRYING')`),
    // What a replay adds to, as far as it is due.
    index("deliveries_again")
      .on(t.projectId, t.hookId, t.dueAt)
      .where(sql`status = 'RETRYING' or (status = 'PENDING' and replay_of is not null)`),
    index("deliveries_leased").on(t.projectId, t.hookId).where(sql`lease_token is not null`),
    index("deliveries_parked").on(t.projectId, t.hookId).where(sql`status = 'PARKED'`),
    // What processes have died of: tried alone.
    index("deliveries_suspect")
      .on(t.projectId, t.hookId, t.dueAt)
      .where(sql`status in ('PENDING', 'RETRYING') and unknown_count >= 2`),
    // What an operator looks for: few among very many.
    index("deliveries_lost").on(t.projectId, t.id).where(sql`status in ('FAILED', 'QUARANTINED')`),
  ],
);

export const attempts = signalbox.table(
  "attempts",
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

/** No identity: before PostgreSQL 17 a table cut into ranges cannot have one. */
export const changesPosition = signalbox.sequence("changes_position_seq");

/** The one ordered feed: written under the feed lock, so position order is commit order. */
export const changes = signalbox.table(
  "changes",
  {
    position: bigint("position", { mode: "number" })
      .notNull()
      .default(sql`nextval('signalbox.changes_position_seq')`),
    projectId: uuid("project_id").notNull(),
    kind: text("kind").notNull(),
    entityId: uuid("entity_id").notNull(),
    eventId: uuid("event_id"),
    hookId: uuid("hook_id"),
    /** True for the entity's first change. */
    created: boolean("created").notNull(),
    /** The entity's moving fields as they were then: a reader sees every state, not the latest twice. */
    state: jsonText("state").notNull(),
    at: time("at").notNull().defaultNow(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.position] }),
    uniqueIndex("changes_position").on(t.position),
  ],
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

/** Always empty: whoever writes changes locks the table (locks.ts). */
export const feedLock = signalbox.table("feed_lock", { held: boolean("held").notNull() });

/** What is done by one at a time: by the id of a hook its claims, else what the name says (locks.ts). */
export const locks = signalbox.table("locks", {
  name: text("name").primaryKey(),
  /** The advisory lock of the session that does it: a new number each time. */
  key: bigint("key", { mode: "bigint" }),
});

/** Facts about the installation: the key canary, the feed's horizon. */
export const settings = signalbox.table("settings", {
  name: text("name").primaryKey(),
  value: text("value").notNull(),
});
