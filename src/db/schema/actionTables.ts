/** The tables of actions (buttons on events) and presses. */
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
    /** Its position on the event, from 0. */
    position: smallint("position").notNull(),
    key: text("key"),
    url: text("url").notNull(),
    buttonText: text("button_text").notNull(),
    external: boolean("external").notNull(),
    meta: jsonText("meta"),
    /** Minutes from the time the event was due. */
    expireIn: integer("expire_in").notNull(),
    expiresAt: time("expires_at").notNull(),
    repeat: boolean("repeat").notNull(),
    style: text("style").notNull(),
    /** PENDING, RUNNING or COMPLETE. EXPIRED is derived from `expires_at`. */
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

/** A press. Its one attempt is in `attempts`, under the press's id. */
export const presses = signalbox.table(
  "presses",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    actionId: uuid("action_id").notNull(),
    status: text("status").notNull().default("PENDING"),
    /** The key's name at that time. */
    pressedBy: text("pressed_by").notNull(),
    keyId: uuid("key_id").notNull(),
    pressedAt: time("pressed_at").notNull().defaultNow(),
    idempotencyKey: text("idempotency_key"),
    /** Set once, by its claim: the worker, the fencing token, and the end of the lease. */
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
    // Waiting and running presses: queried every other second.
    index("presses_pending").on(t.projectId, t.pressedAt).where(sql`status = 'PENDING'`),
  ],
);
