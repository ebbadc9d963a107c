import { createShares } from "../../util/shares.ts";
import type { Meter, Pool, Sql, Tx } from "../connection/client.ts";
import { isTimeout } from "../connection/outage.ts";
import { atNode } from "../nodes/nodes.ts";
import { setRlsContext } from "./reader.ts";
import { ReadTimeout } from "./readTimeout.ts";

/**
 * Reads as a project: PostgreSQL returns no row of another project, whatever `work` asks. It cannot write. `work` may
 * run several queries, and should do nothing else meanwhile: it holds a connection. Throws Overloaded if too many reads
 * of the project wait, and ReadTimeout.
 */
export type Read = <T>(
  projectId: string,
  work: (sql: Sql) => PromiseLike<T>,
  meter?: Meter,
) => Promise<T>;

/** A pool of its own: a slow search cannot block emits, and plans are made for one role. */
export const CONNECTIONS = 5;
/** Connections that one project may use at a time, so that one is left for others. */
const OF_ONE_PROJECT = 2;
/** Reads of a project that may wait. */
const WAITING = 2_000;

/** Creates the reads of one server: each is one transaction, with fair shares for projects. */
export function createRead(options: {
  /** The pool to use when a read's turn comes. Throws if there is none. */
  pool: () => Pool;
  /** Whether row-level security limits reads to one project. */
  isGuarded: boolean;
  /** Runs first in the transaction. If it fails, the read fails. */
  first?: ((tx: Tx, projectId: string) => Promise<unknown>) | undefined;
}): Read {
  const { pool, isGuarded, first } = options;
  const turns = createShares({
    what: "reads at once",
    total: CONNECTIONS,
    each: OF_ONE_PROJECT,
    waiting: WAITING,
  });
  return (projectId, work, meter) =>
    new Promise((resolve, reject) => {
      /**
       * The role and project are set in the same round trip as the first query, and before it: queries start in the
       * order in which they are executed. The answer is passed on before the commit, which changes nothing for a read.
       */
      async function run(tx: Tx): Promise<void> {
        const begun = first?.(tx, projectId);
        const entered = isGuarded ? setRlsContext(tx, projectId).execute() : undefined;
        const answer = async () => {
          const found = await work(tx);
          await begun;
          resolve(found);
        };
        await Promise.all([begun, entered, answer()]);
      }
      async function take(): Promise<void> {
        const release = await turns.whenFree(projectId);
        try {
          await atNode(pool(), projectId, (sql) => sql.begin("read only", run, meter));
        } finally {
          release();
        }
      }
      take().catch((error) => reject(isTimeout(error) ? new ReadTimeout(error) : error));
    });
}
