import type postgresTypes from "postgres";
import { postgres } from "./postgres.ts";

/** Where raw SQL can run: the pool itself, one transaction, or either. */
export type Pool = postgresTypes.Sql;
export type Tx = postgresTypes.TransactionSql;
export type Sql = postgresTypes.ISql;

/**
 * The database: its address, for sessions of their own, and the pool. The pool is never given to drizzle, which
 * would alter its parsers (drizzle-orm#5789): drizzle declares the tables and makes the migrations.
 */
export type Db = { url: string; sql: Pool } & AsyncDisposable;

/** How long a statement, and a transaction left open, may hold others up, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** Of what is read for people, who can ask for less; nothing waits for it but themselves. */
export const READ_TIMEOUT_MS = 5_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000;

/** Connection parameters every connection of the hub has, and that the promises of README rest on. */
export const connectionSettings = {
  application_name: "signalbox",
  // What this version can send beside the formats of the first: the database lets nobody else claim it.
  "signalbox.formats": "RESOURCE,STEP",
  // It knows that a delivery's ctid is one of its range: the database lets nobody else delete any.
  "signalbox.ranges": "on",
  timezone: "UTC",
  // An answered emit is on disk, whatever the server's default is.
  synchronous_commit: "on",
  // Planning was a third of the server's time at 200 events/s [measured]. A plan made while a table was small is
  // made anew when db/statistics.ts analyzes it.
  plan_cache_mode: "force_generic_plan",
  jit: "off",
  statement_timeout: STATEMENT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  // The server lets go of a vanished host's locks after 25 s, instead of 2 h.
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
};

/**
 * How a pool's statements are planned. Whatever the hub does all day it does to rows it has the keys of: a plan made
 * once doesn't know that an array or a `limit` is short, took a tenth of the table for granted and read all of it,
 * 34 ms for a claim [measured]. What people ask for differs, so it is planned each time, for its values; a page is read
 * in the order of an index up to its end, and not found among all rows of its list, sorted.
 */
const plans = {
  once: { enable_seqscan: "off", enable_hashjoin: "off", enable_mergejoin: "off" },
  "each time": {
    plan_cache_mode: "force_custom_plan",
    statement_timeout: READ_TIMEOUT_MS,
    enable_seqscan: "off",
    enable_bitmapscan: "off",
    // Of many ranges the indexes are merged, not what is found in each sorted.
    enable_sort: "off",
  },
} as const;

/** postgres.js pauses up to 20 s before it connects again; whoever asks while the server is away pauses itself. */
const LONGEST_PAUSE_S = 0.5;

/** postgres.js options shared by every client of the hub. */
const options = {
  onnotice: () => {},
  connect_timeout: 5,
  backoff: (failures: number) => Math.min(0.02 * 2 ** failures, LONGEST_PAUSE_S),
  connection: connectionSettings,
};

/** Opens the pool; connections are made when first needed and remade when lost. */
export function openDb(url: string, poolSize = 10, planned: keyof typeof plans = "once"): Db {
  const connection = { ...connectionSettings, ...plans[planned] };
  const sql = postgres(url, { ...options, connection, max: poolSize });
  return {
    url,
    sql,
    async [Symbol.asyncDispose]() {
      await sql.end({ timeout: 5 });
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
