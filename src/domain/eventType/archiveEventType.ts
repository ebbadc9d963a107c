import type { Db, Tx } from "../../db/connection/client.ts";
import {
  type EventTypeRow,
  eventTypesByName,
  hooksNamingType,
  lockProject,
  markEventTypeArchived,
} from "../../db/eventType/eventTypes.ts";
import { bumpConfigVersion } from "../../db/project/projects.ts";
import { userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";

/** Throws NOT_ALLOWED_NOW while hooks name the type. Requires the project's lock. */
export async function checkUnnamed(tx: Tx, projectId: string, name: string): Promise<void> {
  const hooks = await hooksNamingType(tx, projectId, name);
  if (hooks.length === 0) return;
  const listed = hooks.map((hook) => `'${hook.name ?? hook.id}'`).join(", ");
  const message = `event type '${name}' is named by hooks, which must be deleted or changed first: ${listed}`;
  throw userError("NOT_ALLOWED_NOW", message, ["name"]);
}

/** Requires the project's lock. */
export async function markArchived(
  tx: Tx,
  projectId: string,
  { id }: EventTypeRow,
): Promise<EventTypeRow> {
  const [archived] = await markEventTypeArchived(tx, projectId, id);
  if (!archived) throw new Error("the event type is gone from under its project's lock");
  await bumpConfigVersion(tx, projectId);
  return archived;
}

/**
 * Archives an event type: it is unknown to later emits; its events and versions stay. Throws UserError: NOT_FOUND, or
 * NOT_ALLOWED_NOW for a type of a catalogue, or while hooks name it.
 */
export async function archiveEventType(
  db: Db,
  projectId: string,
  name: string,
): Promise<EventTypeRow> {
  return db.sql.begin(async (tx) => {
    await lockProject(tx, projectId);
    const [current] = await eventTypesByName(tx, projectId, [name]);
    if (!current) throw userError("NOT_FOUND", `there is no event type '${name}'`, ["name"]);
    if (current.archivedAt !== null) return current;
    if (current.catalog !== null) {
      const message = `event type '${name}' belongs to the catalogue '${current.catalog}', whose types stay in use`;
      throw userError("NOT_ALLOWED_NOW", message, ["name"]);
    }
    await checkUnnamed(tx, projectId, name);
    const archived = await markArchived(tx, projectId, current);
    await audit(tx, {
      projectId,
      action: "archiveEventType",
      entity: ["EventType", current.id],
      before: { name, archivedAt: null },
      after: { name, archivedAt: archived.archivedAt },
    });
    return archived;
  });
}
