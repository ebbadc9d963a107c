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

/** Where the database is, and the transaction pooler by which it is reached for all that needs no session of its own. */
export type Place = {
  url: string;
  /** The setting that names it, DATABASE_URL when there is no other. */
  setting?: UrlSetting;
  poolerUrl?: string;
};

/**
 * The database: its address, for sessions of their own, and the pool. The pool is never given to drizzle, which
 * would alter its parsers (drizzle-orm#5789): drizzle declares the tables and makes the migrations.
 */
export type Db = { url: string; sql: Pool } & AsyncDisposable;

/** What is known of a database before its pools are opened. */
export type ServerFacts = { version: number; isDistributed: boolean };

/** By URL: noted when a process first asks it (migrate.ts). */
const known = new Map<string, ServerFacts>();

export const noteServer = (url: string, facts: ServerFacts) => void known.set(url, facts);

/** What its sessions are started with beside what all are. */
export const settingsOf = ({ version, isDistributed }: ServerFacts): Record<string, string> => ({
  ...settingsSince(version),
  ...(isDistributed && distributedPlans),
});

/** What a session at this address is started with. */
export function settingsAt(url: string, address: Address): Record<string, string> {
  const facts = known.get(url);
  return {
    ...sessionSettings,
    ...(address.applicationName && { application_name: address.applicationName }),
    ...(facts && settingsOf(facts)),
  };
}

/**
 * What a client tells a transaction pooler of itself. The rest, and whatever is prepared by name, would be of one of the
 * server's sessions, which is another client's a moment later (db/pooler.ts).
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

/** Opens the pool; connections are made when first needed and remade when lost. Throws DatabaseRefusal. */
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

/** What a session's owner is told. */
type SessionListeners = {
  onLost?: () => void;
  onNotify?: (channel: string, payload: string) => void;
};

/** One connection of its own, for LISTEN or a session advisory lock. Throws DatabaseRefusal. */
export function openSession(url: string, listeners: SessionListeners = {}): Pool {
  const address = readAddress(url);
  const usual = settingsAt(url, address);
  const settings = { ...usual, application_name: `${usual.application_name} session` };
  const isDistributed = known.get(url)?.isDistributed ?? false;
  return openPool({ address, settings, size: 1, isSession: true, isDistributed, ...listeners });
}
