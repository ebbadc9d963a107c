import type { Sql } from "../connection/pool/sql.ts";
import { DatabaseRefusal } from "../connection/refusal.ts";

/** What a project has that every node needs at hand, few rows each; the rest of it is on one node. */
export const everywhere = ["projects", "api_keys"];
/** The table whose shards all others lie beside. */
export const FIRST = "events";

/** Whether rows of projects are on nodes of Citus, or begin to be. */
export async function isDistributed(sql: Sql): Promise<boolean> {
  const [citus] = await sql`select where to_regclass('pg_catalog.pg_dist_partition') is not null`;
  if (!citus) return false;
  const [first] = await sql`
    select from pg_dist_partition where logicalrelid = to_regclass(${`signalbox.${FIRST}`}) and partmethod = 'h'`;
  return first !== undefined;
}

/** Tables that hold rows of projects and are not on nodes yet, in the order in which they are to go there. */
export const tablesLeft = (sql: Sql) => sql<{ name: string }[]>`
  select relname as name from pg_class c
  where relnamespace = 'signalbox'::regnamespace and relkind in ('r', 'p') and not relispartition
    and (relname = any(${everywhere}::text[])
      or exists (select from pg_attribute where attrelid = c.oid and attname = 'project_id'))
    and not exists (select from pg_dist_partition where logicalrelid = c.oid)
  order by array_position(${[...everywhere, FIRST]}::text[], relname::text), relname`;

/** Throws DatabaseRefusal when only part of a database is on the nodes. */
export async function checkWhole(sql: Sql): Promise<void> {
  const left = await tablesLeft(sql);
  const [step] = await sql`
    select from pg_proc where pronamespace = 'signalbox'::regnamespace and proname = 'accept_source'`;
  if (left.length > 0 || !step)
    throw new DatabaseRefusal(
      "The database is distributed in part: what was begun is brought to its end by npm run cli -- distribute.",
    );
}

/** The hosts of the nodes. */
export async function nodeHosts(sql: Sql): Promise<string[]> {
  const rows = await sql<{ host: string }[]>`select distinct nodename as host from pg_dist_node`;
  return rows.map(({ host }) => host);
}
