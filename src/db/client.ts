import type postgresTypes from "postgres";
import { type Address, readAddress } from "./address.ts";
import { postgres } from "./postgres.ts";
import { plans, sessionSettings, settingsSince } from "./sessionSettings.ts";

/** Where raw SQL can run: the pool itself, one transaction, or either. */
export type Pool = postgresTypes.Sql;
export type Tx = postgresTypes.TransactionSql;
export type Sql = postgresTypes.ISql;

/**
 * The database: its address, for sessions of their own, and the pool. The pool is never given to drizzle, which
 * would alter its parsers (drizzle-orm#5789): drizzle declares the tables and makes the migrations.
 */
export type Db = { url: string; sql: Pool } & AsyncDisposable;

/** postgres.js pauses up to 20 s before it connects again; whoever asks while the server is away pauses itself. */
const LONGEST_PAUSE_S = 0.5;

/** What servers know beside the settings of all versions, by URL: noted when a process first asks one (migrate.ts). */
const known = new Map<string, Record<string, string>>();

export const noteVersion = (url: string, version: number) =>
  void known.set(url, settingsSince(version));

/** What a session at this address is started with. */
export const settingsAt = (url: string, address: Address): Record<string, string> => ({
  ...sessionSettings,
  ...(address.applicationName && { application_name: address.applicationName }),
  ...known.get(url),
});

/**
 * A client of postgres.js with all that it would else take from a URL; `own` is what this one has of its own, and
 * `settings` changes those of its sessions.
 */
function connectTo(
  url: string,
  own: postgresTypes.Options<Record<string, never>>,
  settings: (usual: Record<string, string>) => Record<string, string>,
): Pool {
  const address = readAddress(url);
  const { host, port, user, password, database, tls, connectTimeoutS } = address;
  // What its types do not know: a host's text would be cut at its colons, and IPv6 addresses have some; numbers that
  // are 0 would not be sent.
  const untyped: object = {
    host: [host],
    port: [port],
    ...(tls.mode === "always" && { sslnegotiation: tls.negotiation }),
    connection: {
      ...(address.options && { options: address.options }),
      ...settings(settingsAt(url, address)),
    },
  };
  return postgres({
    ...untyped,
    ...{ user, pass: password, database, connect_timeout: connectTimeoutS },
    ssl: tls.mode === "always" ? tls.options : tls.mode === "if offered" && "prefer",
    onnotice: () => {},
    backoff: (failures) => Math.min(0.02 * 2 ** failures, LONGEST_PAUSE_S),
    ...own,
  });
}

/** Opens the pool; connections are made when first needed and remade when lost. Throws DatabaseRefusal. */
export function openDb(url: string, poolSize = 10, planned: keyof typeof plans = "once"): Db {
  const sql = connectTo(url, { max: poolSize }, (usual) => ({ ...usual, ...plans[planned] }));
  return {
    url,
    sql,
    async [Symbol.asyncDispose]() {
      await sql.end({ timeout: 5 });
    },
  };
}

/** One connection of its own, for LISTEN or a session advisory lock. Throws DatabaseRefusal. */
export const openSession = (url: string, onclose?: () => void): Pool =>
  connectTo(
    url,
    { max: 1, idle_timeout: 0, max_lifetime: null, ...(onclose ? { onclose } : {}) },
    (usual) => ({ ...usual, application_name: `${usual.application_name} session` }),
  );
