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
/** Partitions are there for so long ahead. */
const AHEAD_MS = 2 * DAY_MS;
/** Every statement looks at every partition that it cannot exclude: what is kept makes about so many. */
const PARTITIONS_KEPT = 5;

/** How many days a partition of a hub has that keeps its events for so long. */
const partitionDays = (retentionDays: number): number =>
  Math.max(1, Math.ceil(retentionDays / PARTITIONS_KEPT));

const startOf = (ms: number, size: number) => Math.floor(ms / size) * size;

/** Takes what lies beyond all partitions and within a new one. */
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

/** Makes a table's partitions up to some days ahead; after a long sleep one for all the time that was slept through. */
async function createUpTo(
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

/** Makes what partitions are missing. Gives back whether all are there: a table may be in use for too long. */
export async function createPartitions(
  session: Pool,
  retentionDays: number,
  at?: Date,
): Promise<boolean> {
  const now = (at ?? (await databaseNow(session))).getTime();
  const size = partitionDays(retentionDays) * DAY_MS;
  const done = [];
  for (const parent of Object.values(partitionedTables))
    done.push(await createUpTo(session, parent, now, size));
  return done.every(Boolean);
}
