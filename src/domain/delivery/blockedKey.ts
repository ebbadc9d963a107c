import type { Pool } from "../../db/connection/client.ts";
import { blockedBy, unblock } from "../../db/delivery/blockedKeys.ts";
import { advanceKeys } from "../../db/delivery/order.ts";
import { heldHookStatus, publishRetries, reopenDeliveries } from "../../db/delivery/retries.ts";
import { writeToFeed } from "../../db/feed/record.ts";
import { recordHook } from "../../db/hook/hookChanges.ts";
import { type HookRow, hooksById } from "../../db/hook/hooks.ts";
import { stripNul } from "../../db/page/stripNul.ts";
import { addJobs, deliverJobs } from "../../db/queue/jobs.ts";
import { isId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";

/**
 * Frees a blocked key: its lost delivery is tried again, and the others wait for it; with `skip` it stays as it is, and
 * the next one goes. Throws NOT_FOUND for an unknown hook or a key that is not blocked, or NOT_ALLOWED_NOW when the
 * delivery has used up the maximum number of attempts.
 */
export async function releaseBlockedKey(
  sql: Pool,
  projectId: string,
  hookId: string,
  givenKey: string,
  skip: boolean,
): Promise<HookRow> {
  const noHook = () => userError("NOT_FOUND", `no hook ${hookId}`, ["hookId"]);
  if (!isId(hookId)) throw noHook();
  const key = stripNul(givenKey);
  return sql.begin(async (tx) => {
    await heldHookStatus(tx, projectId, hookId);
    const [hook] = await hooksById(tx, projectId, [hookId]);
    if (!hook) throw noHook();
    const notBlocked = () =>
      userError("NOT_FOUND", `hook ${hookId} has no blocked key '${givenKey}'`, ["key"]);
    // A key may be taken from an event's data, which can be erased: the entry names the delivery.
    const released = (delivery: string) =>
      audit(tx, {
        projectId,
        action: "releaseBlockedKey",
        entity: ["Hook", hook.id],
        after: { delivery, skip },
      });
    if (skip) {
      const [freed] = await unblock(tx, projectId, { hookId, key });
      if (!freed) throw notBlocked();
      await released(freed.id);
      await writeToFeed(
        tx,
        projectId,
        [addJobs(tx, deliverJobs([{ projectId, hookId }]))],
        [advanceKeys(tx, projectId, [{ hookId, key }]), recordHook(tx, hook)],
      );
      return hook;
    }
    const lost = await blockedBy(tx, projectId, { hookId, key });
    if (lost === undefined) throw notBlocked();
    const moved = await reopenDeliveries(tx, projectId, [lost]);
    if (moved.length === 0 && (await blockedBy(tx, projectId, { hookId, key })) === undefined)
      throw notBlocked();
    if (moved.length === 0)
      throw userError(
        "NOT_ALLOWED_NOW",
        `delivery ${lost} has been tried as often as is counted: release the key with skip`,
        ["key"],
      );
    await released(lost);
    await publishRetries(tx, projectId, { moved, made: [] }, [recordHook(tx, hook)]);
    return hook;
  });
}
