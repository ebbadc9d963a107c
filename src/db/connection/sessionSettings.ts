/** How long a statement, and an idle transaction, may block others, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** The limit for reads of the API, in milliseconds: the caller can ask for less, and nothing else waits for them. */
export const READ_TIMEOUT_MS = 5_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000;

/** Transaction behaviour that the hub's statements rely on. */
const transactions = {
  default_transaction_isolation: "read committed",
  default_transaction_read_only: "off",
  default_transaction_deferrable: "off",
  // An emit is on disk before it is answered.
  synchronous_commit: "on",
};

/** Timeouts: nothing waits or is aborted at times that the hub does not expect. */
const timeouts = {
  statement_timeout: String(STATEMENT_TIMEOUT_MS),
  lock_timeout: "0",
  idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_TIMEOUT_MS),
  // Sessions for LISTEN and liveness locks are idle for long.
  idle_session_timeout: "0",
  // The server releases the locks of a vanished host after 25 s instead of 2 h.
  tcp_keepalives_idle: "10",
  tcp_keepalives_interval: "5",
  tcp_keepalives_count: "3",
};

/** How statements and values are parsed and printed. */
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

/** Planner settings. All are set for each pool, since each pool turns some off. */
const planning = {
  // Planning took a third of the server's time at 200 events/s [measured]. A plan made while a table was small is
  // replaced when db/queue/analyze.ts analyzes the table.
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
 * Settings of every session, whatever the defaults of the server, database and role are. The promises of
 * docs/failure-and-torture.md depend on them.
 */
export const sessionSettings = {
  application_name: "signalbox",
  ...transactions,
  ...timeouts,
  ...language,
  ...planning,
};

/**
 * How a pool's statements are planned. The hub's own statements find rows by key. Generic plans assume that an array or
 * `limit` is long (a tenth of the table) and choose sequential scans: 34 ms for a claim [measured]. API reads differ,
 * so they are planned each time for their values; a page is read in index order up to its end, not by sorting all rows
 * of its list.
 */
export const plans = {
  once: {
    enable_seqscan: "off",
    enable_hashjoin: "off",
    enable_mergejoin: "off",
    // For a queue that was vacuumed while it was empty, it would read all rows of the project, to intersect them.
    enable_bitmapscan: "off",
  },
  "each time": {
    plan_cache_mode: "force_custom_plan",
    statement_timeout: String(READ_TIMEOUT_MS),
    enable_seqscan: "off",
    enable_bitmapscan: "off",
    // Without sorts the indexes of partitions are merged in order, instead of sorting the rows of each.
    enable_sort: "off",
    enable_incremental_sort: "off",
  },
} as const;

/** Settings for a distributed database. */
export const distributedPlans = {
  // Citus only plans a statement for one project, and forwards a function call to its node, if the plan sees the
  // project's id.
  plan_cache_mode: "auto",
  // Otherwise one connection to a node would not see what another has written in the same transaction.
  "citus.multi_shard_modify_mode": "sequential",
  // `set local` holds on the node, too; `set_config` never does.
  "citus.propagate_set_commands": "local",
};

/**
 * The settings that PgBouncer keeps per client and applies before the client gets a session. It refuses clients that
 * ask for any other.
 */
export const tracked = [
  "application_name",
  "client_encoding",
  "DateStyle",
  "TimeZone",
  "standard_conforming_strings",
];

/** Settings of pooled sessions, as defaults of the hub's role. */
export const roleSettings: Record<string, string> = Object.fromEntries(
  Object.entries({ ...sessionSettings, ...plans.once }).filter(([name]) => !tracked.includes(name)),
);

/** Settings that pooled reads set in each transaction instead. */
export const readSettings: Record<string, string> = Object.fromEntries(
  Object.keys({ ...plans.once, ...plans["each time"] }).map((name) => [
    name,
    ({ ...sessionSettings, ...plans["each time"] } as Record<string, string>)[name] ?? "",
  ]),
);

/** Settings that exist since some version: an older server refuses a session that names them. */
export const settingsSince = (version: number): Record<string, string> =>
  version >= 170_000 ? { transaction_timeout: "0" } : {};
