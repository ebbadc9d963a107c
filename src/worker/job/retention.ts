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
import { removeOldStatistics } from "../../db/statistics/statistics.ts";

/**
 * Deletes what is older than its retention time, and creates partitions for the days ahead. Events that have not ended
 * are kept, however old. Returns false if an open transaction kept part of the work from being done: it is done another
 * time.
 */
export async function removeExpired(
  { url, sql }: Pick<Db, "url" | "sql">,
  retentionDays: number,
): Promise<boolean> {
  await moveHorizons(sql, retentionDays);
  const done = await withMaintenanceSession(
    url,
    async (session) =>
      (await createPartitions(session, retentionDays)) &&
      (await dropPartitions(session, retentionDays)),
  );
  await removeOldEvents(sql, retentionDays);
  await removeOldKeys(sql, retentionDays);
  await removeOldHookVersions(sql);
  await removeDeletedHooks(sql, retentionDays);
  await removeOldReplays(sql, retentionDays);
  await removeDeletedResources(sql, retentionDays);
  await removeOldCounts(sql);
  await removeOldStatistics(sql);
  // Undefined: another process is doing it.
  return done !== false;
}
