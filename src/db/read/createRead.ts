import { createShares } from "../../util/shares.ts";
import type { Meter, Pool, Sql, Tx } from "../connection/client.ts";
import { atNode } from "../nodes/nodes.ts";
import { setRlsContext } from "./reader.ts";
import { ReadTimeout } from "./readTimeout.ts";

/**
 * Reads as a project: whatever `work` asks, PostgreSQL shows it no row of another one. It cannot write. `work` may
 * ask more than once, and should do nothing else meanwhile: it holds a connection. Throws Overloaded when too many
 * reads of the project wait for their turn, and ReadTimeout.
 */
export type Read = <T>(
  projectId: string,
  work: (sql: Sql) => PromiseLike<T>,
  meter?: Meter,
) => Promise<T>;

/** Connections of their own: a slow search cannot keep emits waiting, and plans are made for one role. */
export const CONNECTIONS = 5;
/** How many of them one project has at most, so that there is one for whoever comes next. */
const OF_ONE_PROJECT = 2;
/** How many more of a project's reads may wait. */
const WAITING = 2_000;

/** What PostgreSQL says of a statement that it has cancelled. */
const CANCELLED = "57014";
const isCancelled = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === CANCELLED;

/** How reads are done on one server: one transaction each, in turns of the projects. */
export function createRead(options: {
  /** Where to, when a read has its turn; throws when there is nowhere. */
  pool: () => Pool;
  /** Whether PostgreSQL lets them see one project alone. */
  isGuarded: boolean;
  /** What the transaction begins with; nothing is answered when it fails. */
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
       * The project is named and the first question asked in one round trip, in this order: queries start in the order in
       * which they are executed. The answer is passed on here: that does not wait for the commit, which ends nothing.
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
      take().catch((error) => reject(isCancelled(error) ? new ReadTimeout(error) : error));
    });
}
