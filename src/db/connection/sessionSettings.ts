/** How long a statement, and a transaction left open, may hold others up, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** Of what is read for people, who can ask for less; nothing waits for it but themselves. */
export const READ_TIMEOUT_MS = 5_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000;

/** Transactions are what the hub's statements were written for. */
const transactions = {
  default_transaction_isolation: "read committed",
  default_transaction_read_only: "off",
  default_transaction_deferrable: "off",
  // An answered emit is on disk.
  synchronous_commit: "on",
};

/** Nothing waits, or is cut, at another time than the hub reckons with. */
const timeouts = {
  statement_timeout: String(STATEMENT_TIMEOUT_MS),
  lock_timeout: "0",
  idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_TIMEOUT_MS),
  // LISTEN, and the sign of life, are idle for long.
  idle_session_timeout: "0",
  // The server lets go of a vanished host's locks after 25 s, instead of 2 h.
  tcp_keepalives_idle: "10",
  tcp_keepalives_interval: "5",
  tcp_keepalives_count: "3",
};

/** Statements, and values on their way, mean what they meant when they were written. */
const language = {
  client_encoding: "UTF8",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  bytea_output: "hex",
  extra_float_digits: "1",
  standard_conforming_strings: "on",
  array_nulls: "on",
  transform_null_equals: "off",
  quote_all_identifiers: "off",
  search_path: "pg_catalog, pg_temp",
  row_security: "on",
  check_function_bodies: "on",
  default_table_access_method: "heap",
  client_min_messages: "warning",
};

/** Plans: which ways a planner may go is set whole, since each pool closes some of them. */
const planning = {
  // Planning was a third of the server's time at 200 events/s [measured]. A plan made while a table was small is
  // made anew when db/statistics.ts analyzes it.
  plan_cache_mode: "force_generic_plan",
  jit: "off",
  enable_seqscan: "on",
  enable_indexscan: "on",
  enable_indexonlyscan: "on",
  enable_bitmapscan: "on",
  enable_nestloop: "on",
  enable_hashjoin: "on",
  enable_mergejoin: "on",
  enable_hashagg: "on",
  enable_sort: "on",
  enable_incremental_sort: "on",
  enable_partition_pruning: "on",
};

/**
 * What every session of the hub is started with, whatever the defaults of the server, the database and the role are:
 * the promises of docs/failure-and-torture.md rest on it.
 */
export const sessionSettings = {
  application_name: "signalbox",
  ...transactions,
  ...timeouts,
  ...language,
  ...planning,
};

/**
 * How a pool's statements are planned. Whatever the hub does all day it does to rows it has the keys of: a plan made
 * once doesn't know that an array or a `limit` is short, took a tenth of the table for granted and read all of it,
 * 34 ms for a claim [measured]. What people ask for differs, so it is planned each time, for its values; a page is read
 * in the order of an index up to its end, and not found among all rows of its list, sorted.
 */
export const plans = {
  once: { enable_seqscan: "off", enable_hashjoin: "off", enable_mergejoin: "off" },
  "each time": {
    plan_cache_mode: "force_custom_plan",
    statement_timeout: String(READ_TIMEOUT_MS),
    enable_seqscan: "off",
    enable_bitmapscan: "off",
    // Of many ranges the indexes are merged, not what is found in each sorted.
    enable_sort: "off",
    enable_incremental_sort: "off",
  },
} as const;

/** Where the database is distributed. */
export const distributedPlans = {
  // Citus plans a statement for the one project that it names, and hands a function's call on to its node, only if it is
  // told the project's id.
  plan_cache_mode: "auto",
  // What a transaction has written on a node by one connection, another would not see.
  "citus.multi_shard_modify_mode": "sequential",
};

/**
 * What a transaction pooler keeps for each client: PgBouncer gives a session the client's before it gives the client the
 * session. It refuses a client that asks for any other.
 */
export const tracked = [
  "application_name",
  "client_encoding",
  "DateStyle",
  "TimeZone",
  "standard_conforming_strings",
];

/** What sessions of a transaction pooler have as defaults of the hub's role. */
export const roleSettings: Record<string, string> = Object.fromEntries(
  Object.entries({ ...sessionSettings, ...plans.once }).filter(([name]) => !tracked.includes(name)),
);

/** What reads there set instead, in each transaction. */
export const readSettings: Record<string, string> = Object.fromEntries(
  Object.keys({ ...plans.once, ...plans["each time"] }).map((name) => [
    name,
    ({ ...sessionSettings, ...plans["each time"] } as Record<string, string>)[name] ?? "",
  ]),
);

/** What a server of this version knows beside: an older one refuses a session that names it. */
export const settingsSince = (version: number): Record<string, string> =>
  version >= 170_000 ? { transaction_timeout: "0" } : {};
