import type { Pool, Tx } from "../connection/client.ts";
import { databaseNow } from "../event/schedules.ts";
import { dateOf } from "../page/minUuid7.ts";
import { withShortLock } from "./maintenanceSession.ts";
import {
  attachPartition,
  createPartition,
  defaultPartition,
  type Partition,
  type PartitionedTable,
  partitionedTables,
  partitionsOf,
} from "./partitions.ts";

const DAY_MS = 86_400_000;
/** Partitions are created this far ahead. */
const AHEAD_MS = 2 * DAY_MS;
/** A statement visits every partition that it cannot exclude. Retention spans about this many. */
const PARTITIONS_KEPT = 5;

/** The days that one partition covers, for a retention time. */
const partitionDays = (retentionDays: number): number =>
  Math.max(1, Math.ceil(retentionDays / PARTITIONS_KEPT));

const startOf = (ms: number, size: number) => Math.floor(ms / size) * size;

/** Moves rows from the default partition into a new one that covers them. */
async function moveFromDefault(
  tx: Tx,
  parent: PartitionedTable,
  { name, from, to }: Partition,
): Promise<void> {
  const source = `signalbox.${defaultPartition(parent)}`;
  await tx.unsafe(`lock table ${source} in access exclusive mode`);
  await tx.unsafe(`
    with found as (delete from ${source} where ${parent.key} >= '${from}' and ${parent.key} < '${to}' returning *)
    insert into signalbox.${name} select * from found`);
}

const addPartition = (session: Pool, parent: PartitionedTable, partition: Partition) =>
  withShortLock(session, parent, async (tx) => {
    await createPartition(tx, parent, partition.name);
    await moveFromDefault(tx, parent, partition);
    await attachPartition(tx, parent, partition);
  });

/**
 * Creates a table's partitions up to the horizon. After a long pause of the hub one partition covers all the time
 * missed.
 */
async function createMissing(
  session: Pool,
  parent: PartitionedTable,
  now: number,
  size: number,
): Promise<boolean> {
  const partitions = await partitionsOf(session, parent);
  let { to } = partitions.at(-1) ?? partitions[0];
  while (parent.timeOf(to) < now + AHEAD_MS) {
    const start = parent.timeOf(to);
    const present = startOf(now, size);
    const next = parent.boundAt(start < present ? present : startOf(start, size) + size);
    const partition = { name: `${parent.table}_${dateOf(start)}`, from: to, to: next };
    if (!(await addPartition(session, parent, partition))) return false;
    to = next;
  }
  return true;
}

/** Creates missing partitions. Returns false if a table stayed locked by others for too long. */
export async function createPartitions(
  session: Pool,
  retentionDays: number,
  at?: Date,
): Promise<boolean> {
  const now = (at ?? (await databaseNow(session))).getTime();
  const size = partitionDays(retentionDays) * DAY_MS;
  const done = [];
  for (const parent of Object.values(partitionedTables))
    done.push(await createMissing(session, parent, now, size));
  return done.every(Boolean);
}
