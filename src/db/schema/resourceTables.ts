/** The tables of resources: what events are about, and what hooks of format RESOURCE send. */
import { sql } from "drizzle-orm";
import { bigint, index, integer, primaryKey, text, unique, uuid } from "drizzle-orm/pg-core";
import { jsonText, ownProject, signalbox, time } from "./tables.ts";

/** A resource type, with the event types that its changes emit. */
export const resourceTypes = signalbox.table(
  "resource_types",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    /** The plural name used when sending a resource: `actions`. */
    name: text("name").notNull(),
    createdEvent: text("created_event").notNull(),
    updatedEvent: text("updated_event"),
    deletedEvent: text("deleted_event"),
    /** The id of the next resource created without one. */
    nextNumber: bigint("next_number", { mode: "number" }).notNull().default(1),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    unique("resource_types_name").on(t.projectId, t.name),
  ],
);

export const resources = signalbox.table(
  "resources",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    type: text("type").notNull(),
    resourceId: text("resource_id").notNull(),
    /** A JSON object without `id`. */
    attributes: jsonText("attributes").notNull(),
    version: integer("version").notNull().default(1),
    createdAt: time("created_at").notNull().defaultNow(),
    updatedAt: time("updated_at").notNull().defaultNow(),
    /** Deleted resources are kept for a while: events about them still send the last state. */
    deletedAt: time("deleted_at"),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    // One live resource per name. Deleted ones with that name are separate rows.
    unique("resources_once").on(t.projectId, t.type, t.resourceId, t.deletedAt).nullsNotDistinct(),
    index("resources_type").on(t.projectId, t.type, t.id).where(sql`deleted_at is null`),
    index("resources_deleted").on(t.deletedAt).where(sql`deleted_at is not null`),
  ],
);

/** The body that a hook's template or selection made of an event: made once, kept as long as the event. */
export const eventBodies = signalbox.table(
  "event_bodies",
  {
    projectId: uuid("project_id").notNull(),
    eventId: uuid("event_id").notNull(),
    hookId: uuid("hook_id").notNull(),
    /** The hook's own format, which decides on headers. */
    format: text("format").notNull(),
    contentType: text("content_type").notNull(),
    /** As a JSON string: a text may not contain NUL. */
    body: jsonText("body").notNull(),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.eventId, t.hookId] })],
);

/** What hooks of format RESOURCE send for an event: fixed when it was matched, kept as long as the event. */
export const eventResources = signalbox.table(
  "event_resources",
  {
    projectId: uuid("project_id").notNull(),
    eventId: uuid("event_id").notNull(),
    representation: jsonText("representation").notNull(),
  },
  (t) => [ownProject, primaryKey({ columns: [t.projectId, t.eventId] })],
);
