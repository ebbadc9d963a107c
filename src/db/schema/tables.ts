/**
 * The tables of the hub, in schema `signalbox`. The other files here have those of deliveries, actions, resources and
 * workflows. Every key begins with `project_id`, so that a table can be partitioned, protected by row-level security or
 * distributed by tenant without a rewrite. Ids are UUIDv7.
 *
 * Documents (event data, schemas, headers) are `json`, not `jsonb`: the text stays as it came (key order, "\u0000"),
 * and a request body is built from it without parsing, byte-identical on every attempt.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  pgPolicy,
  pgSchema,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

/** A JSON document as text: never parsed by the driver (drizzle changes its parsers; drizzle-orm#5789). */
export const jsonText = customType<{ data: string; driverData: string }>({
  dataType: () => "json",
});
export const time = (name: string) => timestamp(name, { withTimezone: true });

export const signalbox = pgSchema("signalbox");

/** The project that a transaction reads as (src/db/read/reader.ts). If none is set, no row matches. */
const ownProjectId = sql`nullif(current_setting('signalbox.project', true), '')::uuid`;
/**
 * Row-level security: a role that owns nothing sees only this project's rows. Every table has this policy, as its first
 * entry: without a policy a table is closed to that role.
 */
export const ownProject = pgPolicy("own_project", {
  for: "select",
  using: sql`project_id = ${ownProjectId}`,
});

export const projects = signalbox.table(
  "projects",
  {
    id: uuid("id").primaryKey(),
    name: text("name").notNull(),
    slug: text("slug").notNull().unique(),
    source: text("source").notNull(),
    requireRegisteredTypes: boolean("require_registered_types").notNull().default(false),
    systemEvents: boolean("system_events").notNull().default(false),
    /** Like a hook's `secrets`; null until first needed. */
    signingSecrets: jsonText("signing_secrets"),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  () => [pgPolicy("own_project", { for: "select", using: sql`id = ${ownProjectId}` })],
);

export const apiKeys = signalbox.table(
  "api_keys",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    name: text("name").notNull(),
    role: text("role").notNull(),
    prefix: text("prefix").notNull(),
    /** sha256 of the whole key, hex. A key has 256 random bits, so a slow hash would add nothing. */
    digest: text("digest").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
    lastUsedAt: time("last_used_at"),
    revokedAt: time("revoked_at"),
  },
  (t) => [
    ownProject,
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
    /** The resource type of its events, if given at registration; it may not be registered yet. */
    resourceType: text("resource_type"),
  },
  (t) => [
    ownProject,
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
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.eventTypeId, t.version] })],
);

/** Partitioned by `id`, which drizzle cannot declare: see src/db/retention/partitions.ts. */
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
    /** An id that its emitter gave it, unique among the events of its user. */
    uid: text("uid"),
    /** What hooks with channels are matched by. */
    channels: text("channels").array(),
    tags: text("tags").array(), // shown, and never sent
    origin: text("origin").notNull(),
    causeId: uuid("cause_id"),
    onlyHookId: uuid("only_hook_id"), // emitted for this hook alone, whatever it takes
    trace: text("trace"), // that it was emitted in (src/util/traceContext.ts)
    occurredAt: time("occurred_at").notNull(),
    /** The time it was scheduled for, even if already past. */
    scheduledFor: time("scheduled_for"),
    /** When a scheduled event is to be matched; null once matched or cancelled, and for all other events. */
    dueAt: time("due_at"),
    receivedAt: time("received_at").notNull().defaultNow(),
    status: text("status").notNull(),
    /** heads.config_version under which the event was matched; null until then. */
    configVersion: bigint("config_version", { mode: "number" }),
    /** Why it FAILED before any delivery: an event from signalbox.emit() that does not fit its type. */
    error: text("error"),
    /** When its content was erased, and the name of the key that did it. */
    expungedAt: time("expunged_at"),
    expungedBy: text("expunged_by"),
    /** The attributes that the change of a resource changed; null of all other events. */
    changed: text("changed").array(),
    broadcast: boolean("broadcast"), // for the hooks of all users; null otherwise
    targetHookId: uuid("target_hook_id"), // for this hook alone, if it matches
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    index("events_type").on(t.projectId, t.type, t.id),
    // STAGED events. An index on status would prevent HOT updates for every later status change.
    index("events_unmatched")
      .on(t.projectId, t.receivedAt)
      .where(sql`config_version is null and scheduled_for is null`),
    // Due events per project: queried several times a second.
    index("events_due").on(t.projectId, t.dueAt).where(sql`due_at is not null`),
    index("events_context").on(t.projectId, t.contextId, t.id).where(sql`context_id is not null`),
    index("events_user").on(t.projectId, t.userId, t.id).where(sql`user_id is not null`),
    // System events by what they quote.
    index("events_cause").on(t.projectId, t.causeId).where(sql`cause_id is not null`),
    // Events that did not happen about when they came. All others of a time span are found by their ids
    // (src/db/event/list.ts has the same conditions).
    index("events_late")
      .on(t.projectId, t.occurredAt)
      .where(sql`received_at - occurred_at > interval '5 minutes'`),
    index("events_ahead")
      .on(t.projectId, t.occurredAt)
      .where(sql`occurred_at - received_at > interval '5 minutes'`),
    index("events_subject")
      .on(t.projectId, t.subjectType, t.subjectId, t.id)
      .where(sql`subject_type is not null`),
    // For backfills of a user's hook.
    index("events_broadcast").on(t.projectId, t.id).where(sql`broadcast`),
    index("events_expunged").on(t.projectId, t.id).where(sql`expunged_at is not null`),
  ],
);

export const hooks = signalbox.table(
  "hooks",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    /** HOOK or WORKFLOW. WORKFLOW is the queue of a workflow's steps: not visible as a hook, it only queues. */
    kind: text("kind").notNull().default("HOOK"),
    name: text("name"),
    /** An id that its owner gave it, unique among the hooks of its user. */
    uid: text("uid"),
    description: text("description"),
    metadata: jsonText("metadata"),
    types: text("types").array().notNull(),
    /** It takes events that share one of these; null for all events. */
    channels: text("channels").array(),
    url: text("url").notNull(),
    format: text("format").notNull(),
    filter: text("filter"),
    userId: text("user_id"),
    retries: smallint("retries").notNull(),
    timeoutMs: integer("timeout_ms").notNull(),
    retryScheduleMs: integer("retry_schedule_ms").array(),
    /** Custom headers as one sealed JSON object: a header may be a credential. */
    headers: text("headers"),
    unsubscribeOn: smallint("unsubscribe_on").array().notNull(),
    maxInFlight: integer("max_in_flight").notNull(),
    rateLimitPerSecond: integer("rate_limit_per_second"),
    /** The handshake that its target must pass before it receives anything. */
    verification: text("verification").notNull().default("NONE"),
    /** The sealed value that the target must echo; new for every new target. */
    handshake: text("handshake"),
    /** How often the target was asked, and when the next request is due; null if none is. */
    handshakeAttempts: smallint("handshake_attempts").notNull().default(0),
    handshakeDueAt: time("handshake_due_at"),
    /** `WebHook-Allowed-Rate`: calls per minute that the target allows. */
    allowedPerMinute: integer("allowed_per_minute"),
    /** Generic cell rate algorithm: the theoretical arrival time of the next attempt. */
    rateTat: time("rate_tat"),
    status: text("status").notNull(),
    statusReason: text("status_reason"),
    /** [{ "sealed": "v1.…", "expiresAt": null | RFC 3339, "publicKey"?: "whpk_…" }], newest first. */
    secrets: jsonText("secrets").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
    updatedAt: time("updated_at").notNull().defaultNow(),
    orderBy: text("order_by"),
    onOrderFailure: text("on_order_failure").notNull().default("BLOCK"),
    /** Answers that end a delivery at once: a further try would be answered the same. */
    finalStatuses: smallint("final_statuses").array().notNull().default([413]),
    /** It is DISABLED after so many failed attempts in a row, over at least so many hours; null if never. */
    disableAfterFailures: integer("disable_after_failures"),
    disableAfterHours: doublePrecision("disable_after_hours"),
    /** { "sealed": "v1.…", "oauth2"?, "mtls"?, "ca"? }: what is shown of it stands beside what is sealed. */
    auth: jsonText("auth"),
    /** Liquid, or a GraphQL selection: what makes the body instead of the format. */
    template: text("template"),
    templateContentType: text("template_content_type"),
    selection: text("selection"),
    /** Of changes of resources, only those of one of these attributes; null for all. */
    changed: text("changed").array(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    uniqueIndex("hooks_name")
      .on(t.projectId, t.name)
      .where(sql`name is not null and status <> 'DELETED'`),
    uniqueIndex("hooks_uid")
      .on(t.projectId, t.userId, t.uid)
      .where(sql`uid is not null and status <> 'DELETED'`),
    index("hooks_user")
      .on(t.projectId, t.userId, t.id)
      .where(sql`user_id is not null and status <> 'DELETED'`),
    index("hooks_handshake").on(t.handshakeDueAt).where(sql`handshake_due_at is not null`),
  ],
);

/** A hook's rule from one heads.config_version on. `Event.why` is answered from these. */
export const hookVersions = signalbox.table(
  "hook_versions",
  {
    projectId: uuid("project_id").notNull(),
    hookId: uuid("hook_id").notNull(),
    configVersion: bigint("config_version", { mode: "number" }).notNull(),
    types: text("types").array().notNull(),
    channels: text("channels").array(),
    format: text("format").notNull(),
    filter: text("filter"),
    userId: text("user_id"),
    status: text("status").notNull(),
    /** No event received later needs the version before. */
    createdAt: time("created_at").notNull().defaultNow(),
    template: text("template"),
    templateContentType: text("template_content_type"),
    selection: text("selection"),
    changed: text("changed").array(),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.hookId, t.configVersion] })],
);
