import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";

/** Where raw SQL can run: the pool itself, one transaction, or either. */
export type Pool = postgres.Sql;
export type Tx = postgres.TransactionSql;
export type Sql = postgres.ISql;

/**
 * The two clients of architecture.md, decision 6. `orm` has a client of its own, because drizzle alters the
 * parsers of the client it is given (drizzle-orm#5789); `sql` is for batched hot-path statements.
 */
export type Db = { url: string; orm: PostgresJsDatabase; sql: Pool } & AsyncDisposable;

/** How long a statement, and a transaction left open, may hold others up, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 10_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000;

/** Connection parameters every connection of the hub has, and that the promises of README rest on. */
export const connectionSettings = {
  application_name: "signalbox",
  timezone: "UTC",
  // An answered emit is on disk, whatever the server's default is.
  synchronous_commit: "on",
  statement_timeout: STATEMENT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
};

/** postgres.js options shared by every client of the hub. */
const options = { onnotice: () => {}, connect_timeout: 5, connection: connectionSettings };

/** Opens the clients; connections are made when first needed and remade when lost. */
export function openDb(url: string, poolSize = 10): Db {
  const ormClient = postgres(url, { ...options, max: poolSize });
  const sql = postgres(url, { ...options, max: poolSize });
  return {
    url,
    orm: drizzle(ormClient),
    sql,
    async [Symbol.asyncDispose]() {
      await Promise.all([ormClient.end({ timeout: 5 }), sql.end({ timeout: 5 })]);
    },
  };
}

/** One connection of its own, for LISTEN or a session advisory lock. */
export const openSession = (url: string, onclose?: () => void) =>
  postgres(url, {
    ...options,
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    ...(onclose ? { onclose } : {}),
    connection: { ...connectionSettings, application_name: "signalbox session" },
  });
