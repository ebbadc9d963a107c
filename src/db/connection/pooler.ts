import { setTimeout as pause } from "node:timers/promises";
import { openDb, type Place, type Pool } from "./client.ts";
import { showLife } from "./locks.ts";
import { isOutage } from "./outage.ts";
import { DatabaseRefusal } from "./refusal.ts";
import { whyUnreachable } from "./requirements.ts";
import { roleSettings, sessionSettings, settingsSince } from "./sessionSettings.ts";

/**
 * A pooler in transaction mode assigns a server session to a client for one transaction at a time. Session settings
 * would be lost with it, and seen by other clients. Setting them in each transaction would cost a round trip per
 * statement. So they become defaults of the hub's role in its database.
 */

const WITHIN_MS = 15_000;
const AGAIN_AFTER_MS = 50;

const quoted = (value: string) =>
  value
    .split(", ")
    .map((item) => `'${item}'`)
    .join(", ");

/** Makes the settings defaults of the session's role. Returns whether any changed. */
async function setDefaults(session: Pool, settings: Record<string, string>): Promise<boolean> {
  const kept = await session<{ name: string; value: string }[]>`
    select lower(split_part(kept, '=', 1)) as name, substr(kept, strpos(kept, '=') + 1) as value
    from pg_db_role_setting join pg_database d on d.oid = setdatabase, unnest(setconfig) as kept
    where datname = current_database() and setrole = (select oid from pg_roles where rolname = session_user)`;
  const now = new Map(kept.map(({ name, value }) => [name, value]));
  const wanted = Object.entries(settings).filter(
    ([name, value]) => now.get(name.toLowerCase()) !== value,
  );
  if (wanted.length === 0) return false;
  const [here] = await session<[{ name: string }]>`select quote_ident(current_database()) as name`;
  const statements = wanted.map(
    ([name, value]) =>
      `alter role session_user in database ${here.name} set ${name} to ${quoted(value)}`,
  );
  await session.begin((tx) => tx.unsafe(statements.join("; ")));
  return true;
}

/**
 * Ends the pooler's server sessions (the pooler is the client of `pid`) that began before `before`. Returns how many
 * there were.
 */
async function endOld(session: Pool, pid: number, before: Date): Promise<number> {
  const old = await session`
    select state = 'idle' and pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename = session_user and backend_start < ${before}
      and pid <> pg_backend_pid() and application_name not like '% session'
      and client_addr is not distinct from (select client_addr from pg_stat_activity where pid = ${pid})`;
  return old.length;
}

type Found = { pid: number; role: string; isSame: boolean; isSet: boolean };

/** What the pooler leads to. Asked in a transaction, which some pooler modes do not allow. */
const look = (pooled: Pool, key: string): Promise<Found | undefined> =>
  pooled.begin("read only", async (tx) => {
    const [found] = await tx<[Found]>`
      select pg_backend_pid() as pid, session_user::text as role,
        current_setting('plan_cache_mode') = ${sessionSettings.plan_cache_mode} as "isSet",
        exists (
          select from pg_locks where locktype = 'advisory' and granted
            and database = (select oid from pg_database where datname = current_database())
            and (classid::bigint << 32 | objid::bigint) = ${key}
        ) as "isSame"`;
    return found;
  });

function explain(error: unknown, { address }: Pool): unknown {
  const { code, message } = error as Error & { code?: string };
  const why = /^(08P01|CONNECTION_CLOSED)$/.test(code ?? "")
    ? `The pooler of DATABASE_URL at ${address.host}:${address.port} aborts a transaction (${message}): it must be in transaction mode, or in session mode.`
    : whyUnreachable(error, address, "DATABASE_URL");
  return why ? new DatabaseRefusal(why, { cause: error }) : error;
}

function whyUnfit(found: Found | undefined, role: string): string | undefined {
  if (!found?.isSame)
    return "DATABASE_URL and SIGNALBOX_DIRECT_URL do not lead to the same database of the same server: they must, the one through the pooler and the other directly.";
  if (found.role !== role)
    return `DATABASE_URL leads to the database as the role ${found.role}, and SIGNALBOX_DIRECT_URL as ${role}: it must be the same one.`;
  return undefined;
}

/**
 * Gives connections through a pooler the hub's settings, and checks that the pooler leads to the session's database.
 * The caller holds the migration lock. Throws DatabaseRefusal.
 */
export async function preparePooler(session: Pool, place: Place, version: number): Promise<void> {
  const hasChanged = await setDefaults(session, { ...roleSettings, ...settingsSince(version) });
  const key = await showLife(session);
  const [{ role, now }] = await session<[{ role: string; now: Date }]>`
    select session_user::text as role, clock_timestamp() as now`;
  await using pooled = openDb(place, 1);
  const giveUpAt = performance.now() + WITHIN_MS;
  let hasEnded = false;
  for (;;) {
    try {
      const found = await look(pooled.sql, key);
      const why = whyUnfit(found, role);
      if (why) throw new DatabaseRefusal(why);
      const isOld = hasChanged && found && (await endOld(session, found.pid, now)) > 0;
      hasEnded ||= isOld === true;
      if (!isOld && found?.isSet) return;
      if (!isOld || performance.now() > giveUpAt)
        throw new DatabaseRefusal(
          "The pooler of DATABASE_URL still has sessions without Signalbox's settings, which are now defaults of its role: make the pooler reconnect (PgBouncer: RECONNECT), and start again.",
        );
    } catch (error) {
      // A pooler only notices an ended session when it uses it.
      if (!(hasEnded && isOutage(error)) || performance.now() > giveUpAt)
        throw explain(error, pooled.sql);
    }
    await pause(AGAIN_AFTER_MS);
  }
}
