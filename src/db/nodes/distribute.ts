import { openSession, type Pool } from "../connection/client.ts";
import { explainMigration } from "../connection/requirements.ts";
import { grantViewsAgain } from "../read/reader.ts";
import { copyFunctions } from "./copies.ts";
import { everywhere, FIRST, tablesLeft } from "./distribution.ts";
import { checkDistributable } from "./requirements.ts";

type Distributed = { nodes: number; shards: number; tables: string[] };

/** Each by itself, so that what was broken off goes on where it was. */
async function distributeTable(session: Pool, name: string): Promise<void> {
  const table = `signalbox.${name}`;
  if (everywhere.includes(name))
    return void (await session`select create_reference_table(${table}::regclass)`);
  const beside = name === FIRST ? "none" : `signalbox.${FIRST}`;
  await session`select create_distributed_table(${table}::regclass, 'project_id', colocate_with => ${beside})`;
}

/** Rows that were copied to nodes are still in the tables here, where nobody sees them. */
async function removeCopied(session: Pool): Promise<void> {
  const tables = await session<{ name: string }[]>`
    select logicalrelid::text as name from pg_dist_partition join pg_class c on c.oid = logicalrelid
    where relnamespace = 'signalbox'::regnamespace and relkind = 'r' and pg_relation_size(c.oid) > 0`;
  for (const { name } of tables)
    await session`select truncate_local_data_after_distributing_table(${name}::regclass)`;
}

/**
 * Sessions of the nodes' own, by which the coordinator works there, show times as the hub's do. Each server has settings of
 * its own, whatever Citus passes on.
 */
const alignNodes = (session: Pool) => session`
  select run_command_on_all_nodes(format(
    'set citus.enable_ddl_propagation to off; alter database %I set timezone = ''UTC''', current_database()))`;

/** Brings what is not there yet to the nodes: all of it, or what a migration has made or changed. */
export async function spread(session: Pool): Promise<Omit<Distributed, "nodes">> {
  const tables = await tablesLeft(session);
  for (const { name } of tables) await distributeTable(session, name);
  await grantViewsAgain(session);
  await removeCopied(session);
  const shards = await copyFunctions(session);
  return { shards, tables: tables.map(({ name }) => name) };
}

/**
 * Distributes a migrated database over the nodes that its Citus has: every table of projects by the project, so that all
 * of a project is on one node. What has been done is not done again. Throws DatabaseRefusal where it cannot be.
 */
export async function distribute(url: string): Promise<Distributed> {
  const session = openSession(url);
  try {
    await session`select set_config('statement_timeout', '0', false), set_config('plan_cache_mode', 'auto', false)`;
    const nodes = await checkDistributable(session);
    await alignNodes(session);
    return { nodes: nodes.length, ...(await spread(session)) };
  } catch (error) {
    throw explainMigration(error, session.address.user);
  } finally {
    await session.end({ timeout: 5 });
  }
}
