import type { Pool, Sql, Tx } from "../connection/client.ts";
import { tryLockRow } from "../connection/locks.ts";

/**
 * Our tables that have at least quadrupled since they were last analyzed. Of those partitioned the server counts,
 * and autovacuum analyzes, the partitions alone.
 */
const grownTables = (sql: Sql) => sql<{ name: string }[]>`
  select c.relname as name from pg_stat_user_tables s join pg_class c on c.oid = s.relid
  where s.schemaname = 'signalbox' and s.n_live_tup > greatest(500, 4 * c.reltuples) and not c.relispartition
  union all
  select c.relname as name from pg_class c join pg_inherits i on i.inhparent = c.oid
  join pg_stat_user_tables s on s.relid = i.inhrelid
  where c.relnamespace = 'signalbox'::regnamespace and c.relkind = 'p'
  group by c.oid having sum(s.n_live_tup) > greatest(500, 4 * c.reltuples)`;

/** The same of the shards of tables: what grows does so on nodes, and the coordinator does not see it. */
const grownShards = (sql: Sql) => sql<{ name: string }[]>`
  select distinct regexp_replace(shard, '_[0-9]+$', '') as name
  from run_command_on_workers($$select string_agg(s.relname, ' ') from pg_stat_user_tables s
    join pg_class c on c.oid = s.relid
    where s.schemaname = 'signalbox' and s.n_live_tup > greatest(500, 4 * c.reltuples)$$)
  cross join lateral unnest(string_to_array(nullif(result, ''), ' ')) as shard where success`;

/**
 * A quarter of the rows that PostgreSQL looks at by itself: while a new hub took its first 20,000 events, samples of the
 * usual size took a quarter of the server's time [measured]. Autovacuum takes a large one of each partition later.
 */
const SAMPLE = 25;

/** How long one table may take. */
const WITHIN_MS = 60_000;

/** A table in somebody's long use is left for another time. */
async function analyze(tx: Tx, name: string): Promise<void> {
  await tx`select set_config('default_statistics_target', ${String(SAMPLE)}, true),
    set_config('statement_timeout', ${String(WITHIN_MS)}, true)`;
  await tx`analyze (skip_locked) signalbox.${tx(name)}`;
}

/**
 * Analyzes tables as they grow, which also makes every connection plan its statements anew. A plan that was cached
 * while a table was empty reads it whole for ever after: on a new hub, finishing a batch took seconds until
 * autovacuum came by, up to a minute later [measured]. Each table is a transaction of its own: one that fails leaves the others what
 * they have. Throws AggregateError of those that failed.
 */
export async function refreshStatistics(sql: Pool): Promise<void> {
  const failures: unknown[] = [];
  for (const { name } of await (sql.isDistributed ? grownShards(sql) : grownTables(sql))) {
    await sql
      .begin(async (tx) => {
        if (await tryLockRow(tx, "statistics")) await analyze(tx, name);
      })
      .catch((error) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, "tables were not analyzed");
}
