import type { Sql, Tx } from "./client.ts";

/** Our tables that have at least quadrupled since they were last analyzed. */
const grownTables = (sql: Sql) => sql<{ name: string }[]>`
  select c.relname as name from pg_stat_user_tables s join pg_class c on c.oid = s.relid
  where s.schemaname = 'signalbox' and s.n_live_tup > greatest(500, 4 * c.reltuples) and not c.relispartition`;

/** The same of tables cut into ranges: the server counts, and autovacuum analyzes, the ranges alone. */
const grownWholes = (sql: Sql) => sql<{ name: string }[]>`
  select c.relname as name from pg_class c join pg_inherits i on i.inhparent = c.oid
  join pg_stat_user_tables s on s.relid = i.inhrelid
  where c.relnamespace = 'signalbox'::regnamespace and c.relkind = 'p'
  group by c.oid having sum(s.n_live_tup) > greatest(500, 4 * c.reltuples)`;

/**
 * A quarter of the rows that PostgreSQL looks at by itself: while a new hub took its first 20,000 events, samples of the
 * usual size took a quarter of the server's time [measured]. Autovacuum takes a large one of each range later.
 */
const SAMPLE = 25;

/**
 * Analyzes tables as they grow, which also makes every connection plan its statements anew. A plan that was cached
 * while a table was empty reads it whole for ever after: on a new hub, finishing a batch took seconds until
 * autovacuum came by, up to a minute later [measured].
 */
export async function refreshStatistics(sql: Tx): Promise<void> {
  const grown = await Promise.all([grownWholes(sql), grownTables(sql)]);
  if (grown.flat().length === 0) return;
  await sql`select set_config('default_statistics_target', ${String(SAMPLE)}, true)`;
  for (const { name } of grown.flat()) await sql`analyze signalbox.${sql(name)}`;
}
