/** The tables of order per key (docs/ordering.md). Both are empty unless a hook has `order_by`. */
import { bigint, index, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { ownProject, signalbox, time } from "./tables.ts";

/** Keys whose deliveries wait for a person, because one of them was lost. */
export const blockedKeys = signalbox.table(
  "blocked_keys",
  {
    projectId: uuid("project_id").notNull(),
    hookId: uuid("hook_id").notNull(),
    key: text("key").notNull(),
    /** The lost delivery, and its event, which retention keeps. */
    deliveryId: uuid("delivery_id").notNull(),
    eventId: uuid("event_id").notNull(),
    since: time("since").notNull().defaultNow(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.hookId, t.key] }),
    index("blocked_keys_event").on(t.projectId, t.eventId),
  ],
);

/**
 * Accepted events that are not matched yet and may have deliveries with a key. Later events' deliveries of the same
 * hooks are not written before theirs.
 */
export const orderGates = signalbox.table(
  "order_gates",
  {
    projectId: uuid("project_id").notNull(),
    eventId: uuid("event_id").notNull(),
    /** The order of acceptance. */
    place: bigint("place", { mode: "number" }).notNull(),
    /** Its hooks with `order_by`; null if that may be any. */
    hookIds: uuid("hook_ids").array(),
  },
  (t) => [
    ownProject,
    primaryKey({ columns: [t.projectId, t.eventId] }),
    index("order_gates_place").on(t.projectId, t.place),
  ],
);
