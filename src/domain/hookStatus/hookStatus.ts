import type { Pool, Tx } from "../../db/connection/client.ts";
import { enterFeed } from "../../db/feed/record.ts";
import { recordHook } from "../../db/hook/hookChanges.ts";
import { wakeHeld } from "../../db/hook/hookHealth.ts";
import { type HookRow, type HookStatus, lockedHook } from "../../db/hook/hooks.ts";
import { MOVED_AT_ONCE, moveWaiting, queueSettling } from "../../db/hook/moveQueued.ts";
import { userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import type { AuditAction } from "../audit/auditAction.ts";
import { changeHook, type HookServices, PAUSED_BY_PERSON, rejectDeleted } from "../hook/hook.ts";

export const DELETED_BY_PERSON = "deleted by a person";

/**
 * Moves the deliveries that a change of a hook's status has left behind, in chunks, so that nobody waits for all of
 * them. It does not take the queue's lock, so released deliveries can be sent meanwhile.
 */
export async function settleHook(sql: Pool, projectId: string, id: string): Promise<void> {
  const moved = await sql.begin(async (tx) => {
    const [hook] = await lockedHook(tx, projectId, id);
    if (!hook) return 0;
    await enterFeed(tx, projectId);
    return moveWaiting(tx, hook, hook.status);
  });
  if (moved > 0) await settleHook(sql, projectId, id);
}

/** Why a hook stays as it is, and what would change that. */
const wayOut = (status: HookStatus): string => {
  if (status === "PENDING_VERIFICATION") return "waits for its target's consent";
  return status === "DISABLED"
    ? "is DISABLED: enableHook makes it active again"
    : "is PAUSED: resumeHook makes it active again";
};

/**
 * What is left to do for a hook that is ACTIVE already: deliveries are due that used up their tries and were parked, and
 * so is the next probe.
 */
async function releaseActive(tx: Tx, action: AuditAction, hook: HookRow): Promise<void> {
  const { projectId, id } = hook;
  await enterFeed(tx, projectId);
  const released = await moveWaiting(tx, hook, "ACTIVE");
  const isProbed = await wakeHeld(tx, hook);
  if (released === 0 && !isProbed) return;
  if (released >= MOVED_AT_ONCE) await queueSettling(tx, projectId, [hook]);
  await audit(tx, { projectId, action, entity: ["Hook", id], after: { status: "ACTIVE" } });
  await recordHook(tx, hook);
}

/** Changes a hook's status and moves its waiting deliveries accordingly. Idempotent. */
function setStatus(
  action: AuditAction,
  to: HookStatus,
  reason: string | null,
  froms: HookStatus[],
) {
  return ({ sql }: HookServices, projectId: string, id: string): Promise<HookRow> =>
    changeHook(sql, projectId, id, action, async (hook, tx) => {
      if (hook.status === to && to === "ACTIVE") await releaseActive(tx, action, hook);
      if (hook.status === to) return null;
      rejectDeleted(hook);
      if (!froms.includes(hook.status))
        throw userError("NOT_ALLOWED_NOW", `hook ${id} ${wayOut(hook.status)}`, ["id"]);
      return { ...hook, status: to, statusReason: reason };
    });
}

/** Pauses a hook: its waiting and future deliveries are PARKED until it is resumed. */
export const pauseHook = setStatus("pauseHook", "PAUSED", PAUSED_BY_PERSON, ["ACTIVE"]);
/** Resumes a hook: all its PARKED deliveries are due at once. */
export const resumeHook = setStatus("resumeHook", "ACTIVE", null, ["PAUSED"]);
/** Enables a hook that the hub has disabled: it is HEALTHY, and all its PARKED deliveries are due at once. */
export const enableHook = setStatus("enableHook", "ACTIVE", null, ["DISABLED"]);
/** Deletes a hook permanently; the row is kept for history, and its waiting deliveries are CANCELLED. */
export const deleteHook = setStatus("deleteHook", "DELETED", DELETED_BY_PERSON, [
  "PENDING_VERIFICATION",
  "ACTIVE",
  "PAUSED",
  "DISABLED",
]);
