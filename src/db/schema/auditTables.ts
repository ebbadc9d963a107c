import { index, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { jsonText, ownProject, signalbox, time } from "./tables.ts";

/** Who changed what in a project. Retention leaves it alone: it refers to nothing that must exist. */
export const auditEntries = signalbox.table(
  "audit_entries",
  {
    projectId: uuid("project_id").notNull(),
    id: uuid("id").notNull(),
    at: time("at").notNull().defaultNow(),
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    entityType: text("entity_type"),
    entityId: uuid("entity_id"),
    before: jsonText("before"),
    after: jsonText("after"),
    /** Empty for what no request asked for. */
    requestId: text("request_id").notNull(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.id] }),
    index("audit_entries_entity").on(t.projectId, t.entityId, t.id),
    index("audit_entries_action").on(t.projectId, t.action, t.id),
    index("audit_entries_actor").on(t.projectId, t.actor, t.id),
  ],
);
