import type { Pool } from "../db/client.ts";
import { removeOldCounts } from "../db/health.ts";
import { removeDeletedResources } from "../db/resources.ts";
import {
  removeOldChanges,
  removeOldEvents,
  removeOldKeys,
  removeOldReplays,
} from "../db/retention.ts";

/** Removes what is older than it is kept; events that have not ended stay, however old. */
export async function removeExpired(sql: Pool, retentionDays: number): Promise<void> {
  await removeOldKeys(sql);
  await removeOldChanges(sql, retentionDays);
  await removeOldEvents(sql, retentionDays);
  await removeOldReplays(sql, retentionDays);
  await removeDeletedResources(sql, retentionDays);
  await removeOldCounts(sql);
}
