/**
 * The tables that grow for as long as the hub runs are cut into partitions, PostgreSQL's partitions, so that what is old
 * goes by dropping a partition and not row by row. Events, and what belongs to them, are cut by the time that their ids
 * begin with; the feed by the time of its records.
 *
 * From the oldest to the newest, a table's partitions are: the first, of all that is older than the others (of what
 * retention has let go of, those that have not ended); partitions of some days each; one or more for days to come; and what
 * is beyond, for ids of clocks that are far ahead, and of a database that goes on while no hub runs. So every row has a
 * place, whoever writes it and when. The first migration makes the first and what is beyond.
 */
import type { Sql, Tx } from "../connection/client.ts";
import { minUuid7At, timeOfId } from "../page/minUuid7.ts";

/** A table that is parent, the column it is cut by, and how full its pages are to be made. */
export type PartitionedTable = {
  table: string;
  key: string;
  fillfactor: number;
  /** The bound at a moment, as PostgreSQL shows it, and back. */
  boundAt: (ms: number) => string;
  timeOf: (bound: string) => number;
};

const byId = { boundAt: minUuid7At, timeOf: timeOfId };
const byTime = {
  boundAt: (ms: number) => new Date(ms).toISOString().replace("T", " ").replace(".000Z", "+00"),
  timeOf: (bound: string) => Date.parse(bound),
};

/** Deliveries go with their event; attempts have only their delivery's id, or their press's. */
export const partitionedTables = {
  events: { table: "events", key: "id", fillfactor: 70, ...byId },
  deliveries: { table: "ended_deliveries", key: "event_id", fillfactor: 100, ...byId },
  attempts: { table: "earlier_attempts", key: "delivery_id", fillfactor: 100, ...byId },
  feed: { table: "feed", key: "at", fillfactor: 100, ...byTime },
} satisfies Record<string, PartitionedTable>;

/** A partition of a table, from one value on, null in the first, and before another. */
export type Partition = { name: string; from: string | null; to: string };

/** A table's partitions, oldest first. What is beyond them is left out. */
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

/** The partition of a table beyond all others. */
export const defaultPartition = ({ table }: PartitionedTable): string => `${table}_default`;

/** Makes the table of a partition, which is not one yet: nobody may read it but by the whole. */
export async function createPartition(
  tx: Tx,
  parent: PartitionedTable,
  name: string,
): Promise<void> {
  await tx.unsafe(
    `create table signalbox.${name} (like signalbox.${parent.table} including all) with (fillfactor = ${parent.fillfactor})`,
  );
  await tx.unsafe(`alter table signalbox.${name} enable row level security`);
  // Beside the whole's shards at once, so that what it is to take does not go by way of the coordinator.
  if (tx.isDistributed)
    await tx`select create_distributed_table(${`signalbox.${name}`}::regclass, 'project_id',
      colocate_with => ${`signalbox.${parent.table}`})`;
  // The whole has no such key, which would have to contain what it is cut by.
  if (parent === partitionedTables.deliveries)
    await tx.unsafe(`alter table signalbox.${name} add primary key (project_id, id)`);
}

/** Makes a table a partition. */
export const attachPartition = (
  tx: Tx,
  { table }: PartitionedTable,
  { name, from, to }: Partition,
) =>
  tx.unsafe(
    `alter table signalbox.${table} attach partition signalbox.${name}
      for values from (${from ? `'${from}'` : "minvalue"}) to ('${to}')`,
  );
