import type { Db } from "../../db/connection/client.ts";
import { removeDeletedHooks, removeOldHookVersions } from "../../db/hook/hookHistory.ts";
import { removeOldCounts } from "../../db/project/counters.ts";
import { removeDeletedResources } from "../../db/resource/resources.ts";
import { createPartitions } from "../../db/retention/createPartitions.ts";
import { dropPartitions } from "../../db/retention/dropPartitions.ts";
import { withMaintenanceSession } from "../../db/retention/maintenanceSession.ts";
import {
  moveHorizons,
  removeOldEvents,
  removeOldKeys,
  removeOldReplays,
} from "../../db/retention/retention.ts";

/**
 * Removes what is older than it is kept, and makes room for what is to come; events that have not ended stay, however
 * old.
 * Gives back whether all of it was done: what a transaction that stays open holds is left for another time.
 */
export async function removeExpired(
  { url, sql }: Pick<Db, "url" | "sql">,
  retentionDays: number,
): Promise<boolean> {
  await removeOldKeys(sql);
  await moveHorizons(sql, retentionDays);
  const done = await withMaintenanceSession(
    url,
    async (session) =>
      (await createPartitions(session, retentionDays)) &&
      (await dropPartitions(session, retentionDays)),
  );
  await removeOldEvents(sql, retentionDays);
  await removeOldHookVersions(sql);
  await removeDeletedHooks(sql, retentionDays);
  await removeOldReplays(sql, retentionDays);
  await removeDeletedResources(sql, retentionDays);
  await removeOldCounts(sql);
  // Undefined: another process is at it.
  return done !== false;
}
