import { integer, primaryKey, text, unique, uuid } from "drizzle-orm/pg-core";
import { jsonText, ownProject, signalbox, time } from "./tables.ts";

/** Users of the project that are managed as applications of the Svix-compatible API (docs/svix.md). */
export const applications = signalbox.table(
  "applications",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    /** The user id of its hooks and events: the first `uid`, or else the id. It never changes. */
    userId: text("user_id").notNull(),
    uid: text("uid"),
    name: text("name").notNull(),
    metadata: jsonText("metadata").notNull(),
    throttleRate: integer("throttle_rate"),
    createdAt: time("created_at").notNull().defaultNow(),
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    unique("applications_user").on(t.projectId, t.userId),
    unique("applications_uid").on(t.projectId, t.uid),
  ],
);
