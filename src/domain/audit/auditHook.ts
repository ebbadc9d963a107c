import type { Tx } from "../../db/connection/client.ts";
import type { HookRow } from "../../db/hook/hooks.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { audit } from "./audit.ts";
import type { AuditAction } from "./auditAction.ts";

/**
 * A hook's settings. What is sealed stays so, and is not shown. Its reason alone, such as that of a handshake that is
 * repeated, is no setting.
 */
const stateOf = ({ statusReason, metadata, ...hook }: HookRow, isMoved: boolean) => ({
  ...hook,
  ...(isMoved && { statusReason }),
  metadata: metadata === null ? null : parseJson(metadata),
});

/** Writes the entry of a change of a hook. */
export function auditHook(tx: Tx, action: AuditAction, before: HookRow | null, after: HookRow) {
  const isMoved = before?.status !== after.status;
  return audit(tx, {
    projectId: after.projectId,
    action,
    entity: ["Hook", after.id],
    before: before && stateOf(before, isMoved),
    after: stateOf(after, isMoved),
  });
}
