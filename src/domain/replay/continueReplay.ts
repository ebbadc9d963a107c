import type { Pool } from "../../db/connection/client.ts";
import {
  heldHookStatus,
  insertRetries,
  makeRetryingDue,
  publishRetries,
  reopenDeliveries,
  unpark,
} from "../../db/delivery/retries.ts";
import { probeNow } from "../../db/hook/hookHealth.ts";
import {
  advanceReplay,
  lockedReplay,
  lookAtReplay,
  recordReplay,
  takeChunk,
} from "../../db/replay/replays.ts";
import { newId } from "../../util/ids.ts";
import { backfillChunk } from "./backfill.ts";

/** A hook with so many that are due again gets no more: what happens now is not to wait behind the past. */
const MAX_WAITING = 400;

/** How far a replay came: when it was looked at, and whether a chunk was taken or no hook had room for one. */
type Continued = { lookedAt: Date; hasAdvanced: boolean };

/**
 * Continues a replay by one chunk: reopens what ended without success, and makes new deliveries of what SUCCEEDED
 * (deliveryRetry.ts). A chunk is one transaction with its progress, so a crash neither skips nor repeats a delivery. A
 * hook with 400 deliveries that are due again is skipped until it has sent some: live traffic never waits behind more of
 * them, and a replay never waits for live traffic to stop. Undefined if there is nothing left to continue, or if the
 * replay was not last looked at `lastLook`: then another process continues it.
 */
export async function continueReplay(
  sql: Pool,
  projectId: string,
  id: string,
  lastLook?: Date,
): Promise<Continued | undefined> {
  return sql.begin(async (tx) => {
    const [replay] = await lockedReplay(tx, projectId, id);
    if (replay?.status !== "RUNNING") return undefined;
    if (lastLook && lastLook.getTime() !== replay.lookedAt.getTime()) return undefined;
    const [look] = await lookAtReplay(tx, replay);
    if (!look) throw new Error(`replay ${id} is gone`);
    const chunk = await takeChunk(tx, replay, MAX_WAITING);
    if (!chunk) return { ...look, hasAdvanced: false };
    if (replay.isBackfill) await backfillChunk(tx, replay, chunk);
    else {
      const hookStatus = await heldHookStatus(tx, projectId, chunk.hookId);
      const { hastens } = replay;
      const moved = [
        ...(await reopenDeliveries(tx, projectId, chunk.ids)),
        ...(hastens ? await makeRetryingDue(tx, projectId, chunk.ids) : []),
        ...(hastens && hookStatus === "ACTIVE" ? await unpark(tx, projectId, chunk.ids) : []),
      ];
      const retries = chunk.ids.map((of) => ({ of, id: newId() }));
      // A delivery that matched as failed and has SUCCEEDED since needs nothing.
      const made = replay.resends ? await insertRetries(tx, projectId, retries) : [];
      await publishRetries(tx, projectId, { moved, made }, [
        ...(hastens ? [probeNow(tx, { projectId, id: chunk.hookId })] : []),
        advanceReplay(tx, replay, moved.length + made.length),
        recordReplay(tx, replay),
      ]);
    }
    return { ...look, hasAdvanced: true };
  });
}
