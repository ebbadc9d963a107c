import { openNodes } from "../nodes/nodes.ts";
import { type Address, readAddress, type UrlSetting } from "./address.ts";
import { openPool } from "./pool/pool.ts";
import type { Pool } from "./pool/sql.ts";
import {
  distributedPlans,
  plans,
  sessionSettings,
  settingsSince,
  tracked,
} from "./sessionSettings.ts";

export type { Meter, Pool, Sql, Tx } from "./pool/sql.ts";

/** Where the database is, and the transaction pooler for everything that needs no session of its own. */
export type Place = {
  url: string;
  /** The setting that holds the URL; DATABASE_URL by default. */
  setting?: UrlSetting;
  poolerUrl?: string;
};

/**
 * The database: its URL, for separate sessions, and its pool. The pool is never passed to drizzle, which would change
 * its parsers (drizzle-orm#5789). Drizzle only declares the tables and generates the migrations.
 */
export type Db = { url: string; sql: Pool } & AsyncDisposable;

/** Facts about a server, known before pools are opened. */
type ServerFacts = { version: number; isDistributed: boolean };

/** By URL; set when a process first connects (migrate.ts). */
const known = new Map<string, ServerFacts>();

export const noteServer = (url: string, facts: ServerFacts) => void known.set(url, facts);

/** Settings of its sessions besides those of all sessions. */
export const settingsOf = ({ version, isDistributed }: ServerFacts): Record<string, string> => ({
  ...settingsSince(version),
  ...(isDistributed && distributedPlans),
});

/** All settings of a session at this address. */
export function settingsAt(url: string, address: Address): Record<string, string> {
  const facts = known.get(url);
  return {
    ...sessionSettings,
    ...(address.applicationName && { application_name: address.applicationName }),
    ...(facts && settingsOf(facts)),
  };
}

/**
 * The startup settings of a client of a transaction pooler. Any other setting, and any named prepared statement, would
 * belong to a server session that another client gets a moment later (pooler.ts).
 */
function poolerOptions(url: string) {
  const address = readAddress(url);
  const settings = Object.entries(settingsAt(url, address));
  return {
    address,
    settings: Object.fromEntries(settings.filter(([name]) => tracked.includes(name))),
    isPooled: true,
  };
}

/** Opens the pool. Connections are opened when needed and replaced when lost. Throws DatabaseRefusal. */
export function openDb(
  place: string | Place,
  poolSize = 10,
  planned: keyof typeof plans = "once",
): Db {
  const { url, setting, poolerUrl }: Place = typeof place === "string" ? { url: place } : place;
  const address = readAddress(url, setting);
  const settings = { ...settingsAt(url, address), ...plans[planned] };
  const isDistributed = known.get(url)?.isDistributed ?? false;
  const open = (at: Address) => openPool({ address: at, settings, size: poolSize, isDistributed });
  const sql =
    poolerUrl === undefined
      ? open(address)
      : openPool({ ...poolerOptions(poolerUrl), size: poolSize, isDistributed });
  const nodes = isDistributed ? openNodes(sql, (node) => open({ ...address, ...node })) : undefined;
  return {
    url,
    sql: nodes ? Object.assign(sql, { nodes }) : sql,
    async [Symbol.asyncDispose]() {
      await nodes?.end({ timeout: 5 });
      await sql.end({ timeout: 5 });
    },
  };
}

/** Callbacks of a session. */
type SessionListeners = {
  onLost?: () => void;
  onNotify?: (channel: string, payload: string) => void;
};

/** Opens a single connection, for LISTEN or a session advisory lock. Throws DatabaseRefusal. */
export function openSession(url: string, listeners: SessionListeners = {}): Pool {
  const address = readAddress(url);
  const usual = settingsAt(url, address);
  const settings = { ...usual, application_name: `${usual.application_name} session` };
  const isDistributed = known.get(url)?.isDistributed ?? false;
  return openPool({ address, settings, size: 1, isSession: true, isDistributed, ...listeners });
}
