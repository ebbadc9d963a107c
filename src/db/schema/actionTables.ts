/** The tables of the buttons on events, and of who pressed them. */
import { sql } from "drizzle-orm";
import {
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

export const actions = signalbox.table(
  "actions",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    eventId: uuid("event_id").notNull(),
    /** Its place on the event, from 0. */
    position: smallint("position").notNull(),
    key: text("key"),
    url: text("url").notNull(),
    buttonText: text("button_text").notNull(),
    external: boolean("external").notNull(),
    meta: jsonText("meta"),
    /** Minutes from when the event was due. */
    expireIn: integer("expire_in").notNull(),
    expiresAt: time("expires_at").notNull(),
    repeat: boolean("repeat").notNull(),
    style: text("style").notNull(),
    /** PENDING, RUNNING or COMPLETE; EXPIRED is read off `expires_at`. */
    status: text("status").notNull().default("PENDING"),
    completedAt: time("completed_at"),
    lastError: text("last_error"),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    unique("actions_position").on(t.projectId, t.eventId, t.position),
  ],
);

/** Its one attempt is in `attempts`, under the press's id. */
export const presses = signalbox.table(
  "presses",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    actionId: uuid("action_id").notNull(),
    status: text("status").notNull().default("PENDING"),
    /** The name of the key, as it was then. */
    pressedBy: text("pressed_by").notNull(),
    keyId: uuid("key_id").notNull(),
    pressedAt: time("pressed_at").notNull().defaultNow(),
    idempotencyKey: text("idempotency_key"),
    /** Set when it is claimed, once for all: who sends it, the fencing token, and until when it counts. */
    leaseWorker: uuid("lease_worker"),
    leaseToken: uuid("lease_token"),
    leaseUntil: time("lease_until"),
    finishedAt: time("finished_at"),
    error: text("error"),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    index("presses_action").on(t.projectId, t.actionId, t.id),
    uniqueIndex("presses_idempotency_key")
      .on(t.projectId, t.idempotencyKey)
      .where(sql`idempotency_key is not null`),
    // What is waited for or under way: looked up every other second.
    index("presses_pending").on(t.projectId, t.pressedAt).where(sql`status = 'PENDING'`),
  ],
);
