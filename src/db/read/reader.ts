import type { Pool, Sql, Tx } from "../connection/client.ts";
import { DatabaseRefusal } from "../connection/refusal.ts";

/**
 * The role the API reads as. It owns nothing, so row-level security holds for it; the hub's own role owns the
 * tables and is free of it. Roles belong to the server: one serves all databases on it.
 */
const READER = "signalbox_reader";

/** SQLSTATEs: this role may not do it; the role is not there; another process has just done it. */
const MAY_NOT = "42501";
const NO_SUCH_ROLE = "22023";
const DONE_MEANWHILE = ["42710", "23505"];

const codeOf = (error: unknown) => (error as { code?: string }).code ?? "";

/** Does what the server allows. */
async function attempt(statement: PromiseLike<unknown>): Promise<void> {
  try {
    await statement;
  } catch (error) {
    if (![MAY_NOT, ...DONE_MEANWHILE].includes(codeOf(error))) throw error;
  }
}

/** Reads as the role, to the end of the transaction, and sees of all tables this project alone. */
export const setRlsContext = (tx: Tx, projectId: string) =>
  tx`select set_config('role', ${READER}, true), set_config('signalbox.project', ${projectId}, true)`;

/** Whether this session's role may read as the reader. */
async function mayEnter(sql: Pool): Promise<boolean> {
  try {
    await sql.begin("read only", (tx) => tx`select set_config('role', ${READER}, true)`);
    return true;
  } catch (error) {
    if ([MAY_NOT, NO_SUCH_ROLE].includes(codeOf(error))) return false;
    throw error;
  }
}

/**
 * Tables behind row-level security, and views that are read by the reader's own rights, that it may not read yet: what is
 * open to all stays closed to it, and so do ranges of a table, which would be a way round its rule.
 */
const ungranted = (sql: Sql) => sql<{ name: string }[]>`
  select c.relname as name from pg_class c
  where c.relnamespace = 'signalbox'::regnamespace
    and ((c.relkind in ('r', 'p') and c.relrowsecurity and not c.relispartition) or ${isReadersView(sql)})
    and not has_table_privilege(${READER}, c.oid, 'select')`;

const isReadersView = (sql: Sql) =>
  sql`(c.relkind = 'v' and 'security_invoker=true' = any(c.reloptions))`;

/** Once more for views: Citus makes them on its nodes without the rights that were given here. */
export async function grantViewsAgain(session: Pool): Promise<void> {
  const views = await session<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_roles on rolname = ${READER}
    where c.relnamespace = 'signalbox'::regnamespace and ${isReadersView(session)}`;
  for (const { name } of views)
    await session`grant select on signalbox.${session(name)} to ${session(READER)}`;
}

/**
 * Throws DatabaseRefusal when row-level security holds for this session's role itself: it would find all tables
 * empty.
 */
export async function checkOwner(session: Pool): Promise<void> {
  const [found] = await session<{ shut: boolean; user: string }[]>`
    select row_security_active('signalbox.events') as shut, quote_ident(current_user) as "user"`;
  if (found?.shut)
    throw new DatabaseRefusal(
      `The database role ${found.user} does not own Signalbox's tables, so it sees no row of them: use the role that does.`,
    );
}

/**
 * Makes the reader, lets this session's role become it, and lets it read what row-level security guards, as far as
 * the server allows: a role without CREATEROLE needs an operator for it. Whoever calls it holds the migration's lock.
 */
export async function ensureReader(session: Pool): Promise<void> {
  const exists = () => session`select from pg_roles where rolname = ${READER}`;
  if ((await exists()).length === 0) await attempt(session`create role ${session(READER)} nologin`);
  if ((await exists()).length === 0) return;
  if (!(await mayEnter(session))) await attempt(session`grant ${session(READER)} to current_user`);
  const tables = await ungranted(session);
  if (tables.length === 0) return;
  await session`grant usage on schema signalbox to ${session(READER)}`;
  for (const { name } of tables)
    await session`grant select on signalbox.${session(name)} to ${session(READER)}`;
}

/** Why row-level security does not hold for the reader; null when it does. */
async function whyFree(sql: Pool): Promise<string | null> {
  const [found] = await sql.begin("read only", async (tx) => {
    await tx`select set_config('role', ${READER}, true)`;
    return tx<{ held: boolean }[]>`select row_security_active('signalbox.events') as held`;
  });
  if (found?.held) return null;
  return (
    `PostgreSQL does not keep projects apart in reads: the role ${READER} is above row-level security. ` +
    "It must be no superuser, not have BYPASSRLS, and be no member of the tables' owner."
  );
}

/** Why row-level security does not guard reads, and what to do about it; null when it does. */
export async function whyUnguarded(sql: Pool): Promise<string | null> {
  if (await mayEnter(sql)) return await whyFree(sql);
  const [found] = await sql<{ exists: boolean; user: string }[]>`
    select exists (select from pg_roles where rolname = ${READER}), quote_ident(current_user) as "user"`;
  const create = found?.exists ? "" : `create role ${READER} nologin; `;
  return (
    "PostgreSQL does not keep projects apart in reads: this database role may not read as another. " +
    `As a superuser run: ${create}grant ${READER} to ${found?.user}; and start again.`
  );
}
