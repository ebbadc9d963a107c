/** The table of idempotency keys. */
import { sql } from "drizzle-orm";
import { index, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { ownProject, signalbox, time } from "./tables.ts";

export const idempotencyKeys = signalbox.table(
  "idempotency_keys",
  {
    projectId: uuid("project_id").notNull(),
    /** Empty for an event's idempotency key, U+0001… for that of something else; a user's id for the `uid` of an event. */
    scope: text("scope").notNull().default(""),
    key: text("key").notNull(),
    /** sha256 of the canonical input, hex: the same key with another body is a conflict. */
    fingerprint: text("fingerprint").notNull(),
    eventId: uuid("event_id").notNull(),
    createdAt: time("created_at").notNull().defaultNow(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.scope, t.key] }),
    index("idempotency_keys_age").on(t.createdAt).where(sql`ascii(scope) < 2`),
    index("idempotency_keys_uid_age").on(t.createdAt).where(sql`ascii(scope) > 1`),
  ],
);
