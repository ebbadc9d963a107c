import { insertAuditEntries, type NewAuditRow } from "../../db/audit/auditEntries.ts";
import type { Tx } from "../../db/connection/client.ts";
import { newId } from "../../util/ids.ts";
import { currentActor } from "./actor.ts";
import type { AuditAction } from "./auditAction.ts";
import { differenceOf, type State } from "./difference.ts";

/** The types of the GraphQL schema that entries are about. */
type EntityType =
  | "Action"
  | "ApiKey"
  | "Delivery"
  | "Event"
  | "EventSchedule"
  | "EventType"
  | "Hook"
  | "Installation"
  | "Project"
  | "Replay"
  | "ResourceType"
  | "Workflow"
  | "WorkflowRun";

/**
 * What was done. `before` and `after`: what it is about, of which the differences are kept; or `after` alone, the facts
 * of an act. They hold no data of events: these must be erasable.
 */
export type Audited = {
  projectId: string;
  action: AuditAction;
  entity?: readonly [type: EntityType, id: string];
  before?: State;
  after?: State;
};

/** The entry of something done by the current actor; undefined when nothing has changed. */
export function auditEntry(done: Audited): NewAuditRow | undefined {
  const { projectId, action, entity } = done;
  const difference = differenceOf(done.before, done.after);
  if (!difference) return undefined;
  const [entityType = null, entityId = null] = entity ?? [];
  return {
    ...{ projectId, id: newId(), action, entityType, entityId },
    ...difference,
    ...currentActor(),
  };
}

/** Writes entries of what is done by this transaction, and only if it commits. */
export async function audit(tx: Tx, ...done: Audited[]): Promise<void> {
  const rows = done.flatMap((one) => auditEntry(one) ?? []);
  if (rows.length > 0) await insertAuditEntries(tx, rows);
}
