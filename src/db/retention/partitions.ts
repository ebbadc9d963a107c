/**
 * The tables that grow forever are partitioned, so that old rows go by dropping a partition, not by deleting rows.
 * Events and their dependents are partitioned by the time at the start of their ids, the feed by the time of its
 * records.
 *
 * From oldest to newest, a table has: a first partition for everything older than the others (after retention, rows of
 * events that have not ended); partitions of some days each; one or more for the days ahead; and the default partition,
 * for ids from clocks that are far ahead and for a database that is used while no hub runs. So every row has a place,
 * whoever writes it and when. The first migration creates the first and the default partition.
 */
import type { Sql, Tx } from "../connection/client.ts";
import { minUuid7At, timeOfId } from "../page/minUuid7.ts";

/** A partitioned table, its partition key, and the fillfactor of its partitions. */
export type PartitionedTable = {
  table: string;
  key: string;
  fillfactor: number;
  /** The bound at a moment, as PostgreSQL prints it, and its inverse. */
  boundAt: (ms: number) => string;
  timeOf: (bound: string) => number;
};

const byId = { boundAt: minUuid7At, timeOf: timeOfId };
const byTime = {
  boundAt: (ms: number) => new Date(ms).toISOString().replace("T", " ").replace(".000Z", "+00"),
  timeOf: (bound: string) => Date.parse(bound),
};

/** Deliveries are dropped with their event. Attempts only have the id of their delivery or press. */
export const partitionedTables = {
  events: { table: "events", key: "id", fillfactor: 70, ...byId },
  deliveries: { table: "ended_deliveries", key: "event_id", fillfactor: 100, ...byId },
  attempts: { table: "earlier_attempts", key: "delivery_id", fillfactor: 100, ...byId },
  feed: { table: "feed", key: "at", fillfactor: 100, ...byTime },
} satisfies Record<string, PartitionedTable>;

/** A partition with its bounds: from `from` (null in the first) to before `to`. */
export type Partition = { name: string; from: string | null; to: string };

/** A table's partitions, oldest first, without the default partition. */
export async function partitionsOf(
  sql: Sql,
  { table }: PartitionedTable,
): Promise<[Partition, ...Partition[]]> {
  const rows = await sql<{ name: string; bounds: string }[]>`
    select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds from pg_class c
    join pg_inherits i on i.inhrelid = c.oid and not i.inhdetachpending
    where i.inhparent = ${`signalbox.${table}`}::regclass`;
  const found = rows.flatMap(({ name, bounds }) => {
    const [, from, to] = /FROM \((?:MINVALUE|'(.+?)')\) TO \('(.+?)'\)/.exec(bounds) ?? [];
    return to ? { name, from: from ?? null, to } : [];
  });
  const [first, ...rest] = found.sort(inOrder);
  if (!first) throw new Error(`signalbox.${table} has no partition`);
  return [first, ...rest];
}

function inOrder({ from: a }: Partition, { from: b }: Partition): number {
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
}

/** The name of a table's default partition. */
export const defaultPartition = ({ table }: PartitionedTable): string => `${table}_default`;

/**
 * Creates a partition's table, not yet attached. It is readable only through its parent: row security without a policy.
 */
export async function createPartition(
  tx: Tx,
  parent: PartitionedTable,
  name: string,
): Promise<void> {
  await tx.unsafe(
    `create table signalbox.${name} (like signalbox.${parent.table} including all) with (fillfactor = ${parent.fillfactor})`,
  );
  await tx.unsafe(`alter table signalbox.${name} enable row level security`);
  // Colocated with the parent's shards at once, so that rows move on the node and not through the coordinator.
  if (tx.isDistributed)
    await tx`select create_distributed_table(${`signalbox.${name}`}::regclass, 'project_id',
      colocate_with => ${`signalbox.${parent.table}`})`;
  // The parent has no such key: it would have to contain the partition key.
  if (parent === partitionedTables.deliveries)
    await tx.unsafe(`alter table signalbox.${name} add primary key (project_id, id)`);
}

export const attachPartition = (
  tx: Tx,
  { table }: PartitionedTable,
  { name, from, to }: Partition,
) =>
  tx.unsafe(
    `alter table signalbox.${table} attach partition signalbox.${name}
      for values from (${from ? `'${from}'` : "minvalue"}) to ('${to}')`,
  );
