import type { Sql } from "../connection/pool/sql.ts";
import { DatabaseRefusal } from "../connection/refusal.ts";

/** Small tables that every node needs. The other rows of a project are on one node. */
export const everywhere = ["projects", "api_keys"];
/** The table with whose shards all others are colocated. */
export const FIRST = "events";

/** Whether projects are distributed over nodes of Citus, or partly so. */
export async function isDistributed(sql: Sql): Promise<boolean> {
  const [citus] = await sql`select where to_regclass('pg_catalog.pg_dist_partition') is not null`;
  if (!citus) return false;
  const [first] = await sql`
    select from pg_dist_partition where logicalrelid = to_regclass(${`signalbox.${FIRST}`}) and partmethod = 'h'`;
  return first !== undefined;
}

/** Tables with rows of projects that are not on nodes yet, in the order for distributing them. */
export const tablesLeft = (sql: Sql) => sql<{ name: string }[]>`
  select relname as name from pg_class c
  where relnamespace = 'signalbox'::regnamespace and relkind in ('r', 'p') and not relispartition
    and (relname = any(${everywhere}::text[])
      or exists (select from pg_attribute where attrelid = c.oid and attname = 'project_id'))
    and not exists (select from pg_dist_partition where logicalrelid = c.oid)
  order by array_position(${[...everywhere, FIRST]}::text[], relname::text), relname`;

/** Throws DatabaseRefusal if a database is only partly distributed, or queries would be read from a standby. */
export async function checkDistributed(sql: Sql, readUrl: string | undefined): Promise<void> {
  if (readUrl !== undefined)
    throw new DatabaseRefusal(
      "SIGNALBOX_READ_URL is set, and the database is distributed over Citus nodes: Signalbox reads each project on its own node, so unset it.",
    );
  const left = await tablesLeft(sql);
  const [step] = await sql`
    select from pg_proc where pronamespace = 'signalbox'::regnamespace and proname = 'accept_source'`;
  if (left.length > 0 || !step)
    throw new DatabaseRefusal(
      "The database is only partly distributed: complete it with npx signalbox distribute.",
    );
}

export async function nodeHosts(sql: Sql): Promise<string[]> {
  const rows = await sql<{ host: string }[]>`select distinct nodename as host from pg_dist_node`;
  return rows.map(({ host }) => host);
}
