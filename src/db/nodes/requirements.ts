import type { Address } from "../connection/address.ts";
import { openPool } from "../connection/pool/pool.ts";
import type { Pool } from "../connection/pool/sql.ts";
import { DatabaseRefusal } from "../connection/refusal.ts";
import { sessionSettings } from "../connection/sessionSettings.ts";

const OLDEST = 13;
/**
 * These versions never reuse a cached plan of a local shard: each statement of a function is planned again, and about
 * 30 KiB of memory leak (citusdata/citus#8783).
 */
const LEAKING = ["13.2.1", "13.2.2", "14.0.0", "14.0.1"];

/** Why a version, as in citus_version(), cannot be used; undefined if it can. */
export function whyVersionRefused(text: string): string | undefined {
  const version = /^Citus (\d[\w.]*)/.exec(text)?.[1] ?? text;
  if (Number.parseInt(version, 10) < OLDEST)
    return `The database has Citus ${version}, and Signalbox needs 13 or newer.`;
  if (LEAKING.includes(version))
    return `The database has Citus ${version}, which loses cached plans and leaks their memory (citusdata/citus#8783): use 13.2.0, or a version with the fix (citusdata/citus#8824).`;
  return undefined;
}

type Node = { host: string; port: number };

/** Required settings of each node, as of the coordinator (../connection/requirements.ts). */
const onNodes = { fsync: "on", full_page_writes: "on", synchronous_commit: "on" };

async function checkNode(address: Address, node: Node): Promise<void> {
  const name = `${node.host}:${node.port}`;
  const sql = openPool({
    address: { ...address, ...node },
    // Without the hub's session settings: sessions that the coordinator opens do not have them either.
    settings: { search_path: sessionSettings.search_path },
    size: 1,
  });
  try {
    for (const [setting, wanted] of Object.entries(onNodes)) {
      const [found] = await sql<{ value: string }[]>`select current_setting(${setting}) as value`;
      if (found?.value !== wanted)
        throw new DatabaseRefusal(
          `The node ${name} has ${setting} = ${found?.value}, so it may lose what it has confirmed: set it to ${wanted}.`,
        );
    }
  } catch (error) {
    if (error instanceof DatabaseRefusal) throw error;
    throw new DatabaseRefusal(
      `The node ${name} cannot be reached with the user, password and database of DATABASE_URL, as every process of Signalbox must: ${(error as Error).message}.`,
      { cause: error },
    );
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Throws DatabaseRefusal if the database cannot be distributed. Returns the nodes that get rows. */
export async function checkDistributable(session: Pool): Promise<Node[]> {
  const [citus] = await session`select from pg_extension where extname = 'citus'`;
  if (!citus)
    throw new DatabaseRefusal(
      "The database has no Citus: install it on all servers, load it (shared_preload_libraries), and run create extension citus in this database on each.",
    );
  const [found] = await session<[{ version: string; isCoordinator: boolean }]>`
    select citus_version() as version, citus_is_coordinator() as "isCoordinator"`;
  const reason = whyVersionRefused(found.version);
  if (reason) throw new DatabaseRefusal(reason);
  const nodes = await session<Node[]>`
    select nodename as host, nodeport as port from pg_dist_node
    where noderole = 'primary' and isactive and shouldhaveshards order by 1, 2`;
  if (nodes.length === 0)
    throw new DatabaseRefusal(
      "Citus has no nodes in this database: add them on the coordinator (select citus_set_coordinator_host('…'), then select citus_add_node('…', 5432) for each).",
    );
  if (!found.isCoordinator)
    throw new DatabaseRefusal(
      "The database server is not the coordinator of its Citus: give DATABASE_URL the coordinator's address.",
    );
  for (const node of nodes) await checkNode(session.address, node);
  const [busy] = await session<{ count: number }[]>`
    select count(*)::int from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and starts_with(application_name, 'signalbox')`;
  if (busy && busy.count > 0)
    throw new DatabaseRefusal(
      `Processes of Signalbox have ${busy.count} sessions on the database: stop all of them first, and start them again afterwards.`,
    );
  return nodes;
}
