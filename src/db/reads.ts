import { createShares } from "../util/shares.ts";
import { type Meter, openDb, type Pool, type Sql, type Tx } from "./client.ts";
import { atNode } from "./nodes/nodes.ts";
import { enterProject, whyUnguarded } from "./reader.ts";
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

/** The reading side of the database. `warning` says why nothing but `work` itself limits what it is shown. */
export type Reads = { read: Read; warning: string | null } & AsyncDisposable;

/** Connections of their own: a slow search cannot keep emits waiting, and plans are made for one role. */
const CONNECTIONS = 5;
/** How many of them one project has at most, so that there is one for whoever comes next. */
const OF_ONE_PROJECT = 2;
/** How many more of a project's reads may wait. */
const WAITING = 2_000;

/** What PostgreSQL says of a statement that it has cancelled. */
const CANCELLED = "57014";
const isCancelled = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === CANCELLED;

/**
 * One transaction a read. The project is named and the first question asked in one round trip, in this order:
 * queries start in the order in which they are executed. `work` passes its answer on itself: that does not wait for the
 * commit, which ends nothing.
 */
const readAs = (
  sql: Pool,
  enter: (tx: Tx) => PromiseLike<unknown>[],
  work: (sql: Sql) => PromiseLike<void>,
  meter: Meter | undefined,
): Promise<void> =>
  sql.begin("read only", async (tx) => void (await Promise.all([...enter(tx), work(tx)])), meter);

/** Opens the pool of readers, and asks whether their role is there. */
export async function openReads(url: string): Promise<Reads> {
  const db = openDb(url, CONNECTIONS, "each time");
  const warning = await whyUnguarded(db.sql);
  const isGuarded = warning === null;
  const turns = createShares({
    what: "reads at once",
    total: CONNECTIONS,
    each: OF_ONE_PROJECT,
    waiting: WAITING,
  });
  return {
    warning,
    read: (projectId, work, meter) =>
      new Promise((resolve, reject) => {
        const enter = (tx: Tx) => (isGuarded ? [enterProject(tx, projectId).execute()] : []);
        const answer = async (sql: Sql) => resolve(await work(sql));
        turns
          .whenFree(projectId)
          .then((release) =>
            atNode(db.sql, projectId, (sql) => readAs(sql, enter, answer, meter)).finally(release),
          )
          .catch((error) => reject(isCancelled(error) ? new ReadTimeout(error) : error));
      }),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}
