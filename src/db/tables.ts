/**
 * Every table of the hub, in schema `signalbox`. Every key leads with `project_id`, so that a table can be
 * partitioned, put behind row-level security or distributed by tenant without a rewrite. Ids are UUIDv7.
 *
 * Documents (event data, schemas, headers) are `json`, not `jsonb`: the text is kept as it came (key order,
 * "\u0000"), and a request body can be built from it without parsing, byte-identical on every try.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  pgSchema,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

/** A JSON document as text: never parsed by the driver (drizzle alters its parsers; drizzle-orm#5789). */
const jsonText = customType<{ data: string; driverData: string }>({ dataType: () => "json" });
const time = (name: string) => timestamp(name, { withTimezone: true, mode: "string" });

export const signalbox = pgSchema("signalbox");

export const projects = signalbox.table("projects", {
  id: uuid("id").primaryKey(),
  name: text("name").notNull(),
  slug: text("slug").notNull().unique(),
  source: text("source").notNull(),
  requireRegisteredTypes: boolean("require_registered_types").notNull().default(false),
  /** Moves with every change that emits depend on: hooks, event types, these settings. */
  configVersion: bigint("config_version", { mode: "number" }).notNull().default(1),
  createdAt: time("created_at").notNull().defaultNow(),
});

export const apiKeys = signalbox.table(
  "api_keys",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    name: text("name").notNull(),
    role: text("role").notNull(),
    prefix: text("prefix").notNull(),
    /** sha256 of the whole key, hex. A key holds 256 random bits, so a slow hash would add nothing. */
    digest: text("digest").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
    lastUsedAt: time("last_used_at"),
    revokedAt: time("revoked_at"),
  },
  (t) => [
    primaryKey({ columns: [t.projectId, t.id] }),
    uniqueIndex("api_keys_digest").on(t.digest),
  ],
);

export const eventTypes = signalbox.table(
  "event_types",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    name: text("name").notNull(),
    description: text("description"),
    origin: text("origin").notNull().default("CUSTOM"),
    catalog: text("catalog"),
    version: integer("version").notNull(),
    schema: jsonText("schema"),
    jsonSchema: jsonText("json_schema"),
    example: jsonText("example"),
    createdAt: time("created_at").notNull().defaultNow(),
    archivedAt: time("archived_at"),
  },
  (t) => [
    primaryKey({ columns: [t.projectId, t.id] }),
    unique("event_types_name").on(t.projectId, t.name),
  ],
);

export const eventTypeVersions = signalbox.table(
  "event_type_versions",
  {
    projectId: uuid("project_id").notNull(),
    eventTypeId: uuid("event_type_id").notNull(),
    version: integer("version").notNull(),
    schema: jsonText("schema"),
    jsonSchema: jsonText("json_schema"),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.eventTypeId, t.version] })],
);

export const events = signalbox.table(
  "events",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    type: text("type").notNull(),
    typeVersion: integer("type_version"),
    data: jsonText("data"),
    name: text("name").notNull(),
    avatar: text("avatar"),
    category: text("category"),
    contentType: text("content_type").notNull(),
    content: jsonText("content"),
    userId: text("user_id"),
    subjectType: text("subject_type"),
    subjectId: text("subject_id"),
    contextId: text("context_id"),
    stepUuid: text("step_uuid"),
    idempotencyKey: text("idempotency_key"),
    origin: text("origin").notNull(),
    causeId: uuid("cause_id"),
    occurredAt: time("occurred_at").notNull(),
    receivedAt: time("received_at").notNull().defaultNow(),
    status: text("status").notNull(),
    /** projects.config_version the event was matched under; null while it is not matched. */
    configVersion: bigint("config_version", { mode: "number" }),
    /** Why it FAILED before any delivery: an event of the SQL door that does not fit its type. */
    error: text("error"),
  },
  (t) => [
    primaryKey({ columns: [t.projectId, t.id] }),
    index("events_type").on(t.projectId, t.type, t.id),
    // STAGED is config_version is null: an index on status would cost every later status change its HOT update.
    index("events_unmatched").on(t.projectId, t.receivedAt).where(sql`config_version is null`),
    index("events_context").on(t.projectId, t.contextId, t.id).where(sql`context_id is not null`),
    index("events_user").on(t.projectId, t.userId, t.id).where(sql`user_id is not null`),
  ],
);

export const idempotencyKeys = signalbox.table(
  "idempotency_keys",
  {
    projectId: uuid("project_id").notNull(),
    key: text("key").notNull(),
    /** sha256 over the canonical input, hex: same key with another body is a conflict. */
    fingerprint: text("fingerprint").notNull(),
    eventId: uuid("event_id").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.projectId, t.key] }),
    index("idempotency_keys_age").on(t.createdAt),
  ],
);

export const hooks = signalbox.table(
  "hooks",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    name: text("name"),
    types: text("types").array().notNull(),
    url: text("url").notNull(),
    format: text("format").notNull(),
    filter: text("filter"),
    userId: text("user_id"),
    retries: smallint("retries").notNull(),
    timeoutMs: integer("timeout_ms").notNull(),
    retryScheduleMs: integer("retry_schedule_ms").array(),
    /** Own headers as one sealed JSON object: a header may carry a credential. */
    headers: text("headers"),
    unsubscribeOn: smallint("unsubscribe_on").array().notNull(),
    maxInFlight: integer("max_in_flight").notNull(),
    rateLimitPerSecond: integer("rate_limit_per_second"),
    /** Generic cell rate algorithm: the theoretical arrival time of the next attempt. */
    rateTat: time("rate_tat"),
    status: text("status").notNull(),
    statusReason: text("status_reason"),
    /** [{ "sealed": "v1.…", "expiresAt": null | RFC 3339 }], newest first. */
    secrets: jsonText("secrets").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.projectId, t.id] }),
    uniqueIndex("hooks_name")
      .on(t.projectId, t.name)
      .where(sql`name is not null and status <> 'DELETED'`),
  ],
);

/** What a hook asked for, from one projects.config_version on: `Event.why` is answered from these. */
export const hookVersions = signalbox.table(
  "hook_versions",
  {
    projectId: uuid("project_id").notNull(),
    hookId: uuid("hook_id").notNull(),
    configVersion: bigint("config_version", { mode: "number" }).notNull(),
    types: text("types").array().notNull(),
    filter: text("filter"),
    userId: text("user_id"),
    status: text("status").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.hookId, t.configVersion] })],
);

/** Counters apart from the hook: they move with every batch, under the feed lock only. */
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
  (t) => [primaryKey({ columns: [t.projectId, t.hookId] })],
);

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
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.projectId, t.id] }),
    // One delivery per event and hook, and one per replay of it; also finds an event's deliveries.
    unique("deliveries_once").on(t.projectId, t.eventId, t.hookId, t.replayNumber),
    index("deliveries_hook").on(t.projectId, t.hookId, t.id),
    index("deliveries_due")
      .on(t.projectId, t.hookId, t.dueAt)
      .where(sql`status in ('PENDING', 'RETRYING')`),
    index("deliveries_leased").on(t.projectId, t.hookId).where(sql`lease_token is not null`),
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
  (t) => [primaryKey({ columns: [t.projectId, t.deliveryId, t.number] })],
);

/** The one ordered feed: written under the feed lock, so position order is commit order. */
export const changes = signalbox.table(
  "changes",
  {
    position: bigint("position", { mode: "number" }).generatedAlwaysAsIdentity().notNull(),
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
    primaryKey({ columns: [t.projectId, t.position] }),
    uniqueIndex("changes_position").on(t.position),
  ],
);

/** Live worker processes; each holds a session advisory lock on its id, so that its death shows. */
export const workers = signalbox.table("workers", {
  id: uuid("id").primaryKey(),
  host: text("host").notNull(),
  pid: integer("pid").notNull(),
  /** graphile-worker's pool id: jobs are locked under it. */
  poolId: text("pool_id").notNull(),
  startedAt: time("started_at").notNull().defaultNow(),
});

/** Facts about the installation: the key canary, the feed's horizon. */
export const settings = signalbox.table("settings", {
  name: text("name").primaryKey(),
  value: text("value").notNull(),
});
