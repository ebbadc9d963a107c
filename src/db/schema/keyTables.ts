/** The table of idempotency keys. */
import { sql } from "drizzle-orm";
import { index, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { ownProject, signalbox, time } from "./tables.ts";

export const idempotencyKeys = signalbox.table(
  "idempotency_keys",
  {
    projectId: uuid("project_id").notNull(),
    /** Empty for an idempotency key. A user's id when `key` is the `uid` of an event: that is kept as long as events are. */
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
    index("idempotency_keys_age").on(t.createdAt).where(sql`scope = ''`),
    index("idempotency_keys_uid_age").on(t.createdAt).where(sql`scope <> ''`),
  ],
);
