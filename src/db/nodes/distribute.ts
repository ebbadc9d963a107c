import { openSession, type Pool } from "../connection/client.ts";
import { explainMigration } from "../connection/requirements.ts";
import { grantViewsAgain } from "../read/reader.ts";
import { copyFunctions } from "./copies.ts";
import { everywhere, FIRST, tablesLeft } from "./distribution.ts";
import { checkDistributable } from "./requirements.ts";

type Distributed = { nodes: number; shards: number; tables: string[] };

/** One transaction per table, so that an interrupted run continues where it stopped. */
async function distributeTable(session: Pool, name: string): Promise<void> {
  const table = `signalbox.${name}`;
  if (everywhere.includes(name))
    return void (await session`select create_reference_table(${table}::regclass)`);
  const beside = name === FIRST ? "none" : `signalbox.${FIRST}`;
  await session`select create_distributed_table(${table}::regclass, 'project_id', colocate_with => ${beside})`;
}

/** Distributing copies a table's rows to the nodes and leaves the local ones behind, invisible: truncate them. */
async function removeCopied(session: Pool): Promise<void> {
  const tables = await session<{ name: string }[]>`
    select logicalrelid::text as name from pg_dist_partition join pg_class c on c.oid = logicalrelid
    where relnamespace = 'signalbox'::regnamespace and relkind = 'r' and pg_relation_size(c.oid) > 0`;
  for (const { name } of tables)
    await session`select truncate_local_data_after_distributing_table(${name}::regclass)`;
}

/**
 * Sessions that the coordinator opens on nodes print times as the hub's do. Each server has its own default, whatever
 * Citus passes on.
 */
const alignNodes = (session: Pool) => session`
  select run_command_on_all_nodes(format(
    'set citus.enable_ddl_propagation to off; alter database %I set timezone = ''UTC''', current_database()))`;

/** Distributes what is not on the nodes yet: everything, or what a migration has created or changed. */
export async function spread(session: Pool): Promise<Omit<Distributed, "nodes">> {
  const tables = await tablesLeft(session);
  for (const { name } of tables) await distributeTable(session, name);
  await grantViewsAgain(session);
  await removeCopied(session);
  const shards = await copyFunctions(session);
  return { shards, tables: tables.map(({ name }) => name) };
}

/**
 * Distributes a migrated database over the nodes of its Citus: every table with projects by project, so that a
 * project's rows are on one node. It can be repeated: work already done is skipped. Throws DatabaseRefusal if the
 * database cannot be distributed.
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
