import { LRUCache } from "lru-cache";
import type { Address } from "../connection/address.ts";
import { errorCode } from "../connection/errorCode.ts";
import { isOutage } from "../connection/outage.ts";
import type { Nodes, Pool, Sql } from "../connection/pool/sql.ts";

/** Projects whose nodes are remembered. */
const REMEMBERED = 10_000;
/** Tries after a shard has moved: a finished move is visible at once, and two in a row are not expected. */
const TRIES = 3;
/**
 * Codes of a node that no longer holds a project's rows: of a copied function (copies.ts), which has written nothing,
 * and of Citus, which may not forward to another node as the reader.
 */
const ELSEWHERE = ["SB009", "08006"];
const isElsewhere = (error: unknown) => ELSEWHERE.includes(errorCode(error));

/**
 * Opens pools of nodes when needed. `sql` queries the coordinator, and `openAt` opens a pool at a node's host and port.
 */
export function openNodes(
  sql: Pool,
  openAt: (node: Pick<Address, "host" | "port">) => Pool,
): Nodes {
  const pools = new Map<string, Pool>();
  const places = new LRUCache<string, Pool>({ max: REMEMBERED });

  function poolOf(node: Pick<Address, "host" | "port">): Pool {
    const name = `${node.host} ${node.port}`;
    const pool = pools.get(name) ?? openAt(node);
    pools.set(name, pool);
    return pool;
  }

  async function find(projectId: string): Promise<Pool> {
    const [node] = await sql<{ host: string; port: number }[]>`
      select nodename as host, nodeport as port from pg_dist_node join pg_dist_placement using (groupid)
      where noderole = 'primary'
        and shardid = get_shard_id_for_distribution_column('signalbox.heads', ${projectId}::uuid)`;
    if (!node) throw new Error(`no node has the rows of project ${projectId}`);
    const pool = poolOf(node);
    places.set(projectId, pool);
    return pool;
  }

  return {
    async at(projectId, work) {
      for (let tries = 1; ; tries++) {
        try {
          return await work(places.get(projectId) ?? (await find(projectId)));
        } catch (error) {
          // Also in an outage: a node may be on another host by now.
          if (isElsewhere(error) || isOutage(error)) places.delete(projectId);
          if (!isElsewhere(error) || tries === TRIES) throw error;
        }
      }
    },
    async end(within) {
      await Promise.all([...pools.values()].map((pool) => pool.end(within)));
    },
  };
}

/** Runs `work` where a project's rows are: in the current transaction, else on its node, if there are nodes. */
export async function atNode<Result, Where extends Sql & { readonly nodes?: Nodes }>(
  sql: Where,
  projectId: string,
  work: (sql: Where | Pool) => PromiseLike<Result>,
): Promise<Result> {
  return await (sql.nodes ? sql.nodes.at(projectId, work) : work(sql));
}
