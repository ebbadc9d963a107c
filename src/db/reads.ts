import { openDb, type Pool, type Sql } from "./client.ts";
import { enterProject, whyUnguarded } from "./reader.ts";

/**
 * Reads as a project: whatever `work` asks, PostgreSQL shows it no row of another one. It cannot write. `work` may
 * ask more than once, and should do nothing else meanwhile: it holds a connection.
 */
export type Read = <T>(projectId: string, work: (sql: Sql) => PromiseLike<T>) => Promise<T>;

/** The reading side of the database. `warning` says why nothing but `work` itself limits what it is shown. */
export type Reads = { read: Read; warning: string | null } & AsyncDisposable;

/** Connections of their own: a slow search cannot keep emits waiting, and plans are made for one role. */
const CONNECTIONS = 5;

/**
 * One transaction a read. The project is named and the first question asked in one round trip, in this order:
 * queries start in the order in which they are executed. The answer does not wait for the commit, which ends nothing.
 */
const readAs = <T>(sql: Pool, projectId: string, work: (sql: Sql) => PromiseLike<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    sql
      .begin("read only", async (tx) => {
        const [, found] = await Promise.all([enterProject(tx, projectId).execute(), work(tx)]);
        resolve(found);
      })
      .catch(reject);
  });

/** Opens the pool of readers, and asks whether their role is there. */
export async function openReads(url: string): Promise<Reads> {
  const db = openDb(url, CONNECTIONS, "each time");
  const warning = await whyUnguarded(db.sql);
  return {
    warning,
    read:
      warning === null
        ? (projectId, work) => readAs(db.sql, projectId, work)
        : async (_projectId, work) => await work(db.sql),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}
