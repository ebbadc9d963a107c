import type { Pool, Sql, Tx } from "../connection/client.ts";
import { tryLockRow } from "../connection/locks.ts";

/**
 * Our tables that have at least quadrupled since their last ANALYZE. For partitioned tables the server counts rows, and
 * autovacuum analyzes, per partition only.
 */
const grownTables = (sql: Sql) => sql<{ name: string }[]>`
  select c.relname as name from pg_stat_user_tables s join pg_class c on c.oid = s.relid
  where s.schemaname = 'signalbox' and s.n_live_tup > greatest(500, 4 * c.reltuples) and not c.relispartition
  union all
  select c.relname as name from pg_class c join pg_inherits i on i.inhparent = c.oid
  join pg_stat_user_tables s on s.relid = i.inhrelid
  where c.relnamespace = 'signalbox'::regnamespace and c.relkind = 'p'
  group by c.oid having sum(s.n_live_tup) > greatest(500, 4 * c.reltuples)`;

/** The same for shards: distributed tables grow on the nodes, which the coordinator does not see. */
const grownShards = (sql: Sql) => sql<{ name: string }[]>`
  select distinct regexp_replace(shard, '_[0-9]+$', '') as name
  from run_command_on_workers($$select string_agg(s.relname, ' ') from pg_stat_user_tables s
    join pg_class c on c.oid = s.relid
    where s.schemaname = 'signalbox' and s.n_live_tup > greatest(500, 4 * c.reltuples)$$)
  cross join lateral unnest(string_to_array(nullif(result, ''), ' ')) as shard where success`;

/**
 * A quarter of PostgreSQL's default sample. With the default, sampling took a quarter of the server's time during a new
 * hub's first 20,000 events [measured]. Autovacuum later takes a full sample of each partition.
 */
const SAMPLE = 25;

/** The time limit for one table. */
const WITHIN_MS = 60_000;

/** A table that is locked is skipped until next time. */
async function analyze(tx: Tx, name: string): Promise<void> {
  await tx`select set_config('default_statistics_target', ${String(SAMPLE)}, true),
    set_config('statement_timeout', ${String(WITHIN_MS)}, true)`;
  await tx`analyze (skip_locked) signalbox.${tx(name)}`;
}

/**
 * Analyzes tables as they grow. This also makes every connection plan its statements again. A plan cached while a table
 * was empty uses a sequential scan forever: on a new hub, finishing a batch took seconds until autovacuum came, up to a
 * minute later [measured]. Each table has its own transaction: if one fails, the others are still analyzed. Throws
 * AggregateError for those that failed.
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
