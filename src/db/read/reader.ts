import type { Pool, Sql, Tx } from "../connection/client.ts";
import { errorCode } from "../connection/errorCode.ts";
import { DatabaseRefusal } from "../connection/refusal.ts";

/**
 * The role that the API reads as. It owns nothing, so row-level security applies to it. The hub's own role owns the
 * tables and bypasses it. Roles belong to the server: one serves all its databases.
 */
const READER = "signalbox_reader";

/** SQLSTATEs: no permission; no such role; another process has just created it. */
const MAY_NOT = "42501";
const NO_SUCH_ROLE = "22023";
const DONE_MEANWHILE = ["42710", "23505"];

/** Runs a statement that the server may refuse. */
async function attempt(statement: PromiseLike<unknown>): Promise<void> {
  try {
    await statement;
  } catch (error) {
    if (![MAY_NOT, ...DONE_MEANWHILE].includes(errorCode(error))) throw error;
  }
}

/** Switches to the reader role and to one project, until the end of the transaction. */
export const setRlsContext = (tx: Tx, projectId: string) =>
  tx`select set_config('role', ${READER}, true), set_config('signalbox.project', ${projectId}, true)`;

/** Whether this session's role may switch to the reader. */
async function mayEnter(sql: Pool): Promise<boolean> {
  try {
    await sql.begin("read only", (tx) => tx`select set_config('role', ${READER}, true)`);
    return true;
  } catch (error) {
    if ([MAY_NOT, NO_SUCH_ROLE].includes(errorCode(error))) return false;
    throw error;
  }
}

/**
 * Tables with row-level security, and views with the invoker's rights, that the reader may not read yet. Tables without
 * row-level security are never granted. Partitions are not granted: they would bypass the parent's row-level security.
 */
const ungranted = (sql: Sql) => sql<{ name: string }[]>`
  select c.relname as name from pg_class c
  where c.relnamespace = 'signalbox'::regnamespace
    and ((c.relkind in ('r', 'p') and c.relrowsecurity and not c.relispartition) or ${isReadersView(sql)})
    and not has_table_privilege(${READER}, c.oid, 'select')`;

const isReadersView = (sql: Sql) =>
  sql`(c.relkind = 'v' and 'security_invoker=true' = any(c.reloptions))`;

/** Grants the views again: Citus creates them on its nodes without the rights granted here. */
export async function grantViewsAgain(session: Pool): Promise<void> {
  const views = await session<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_roles on rolname = ${READER}
    where c.relnamespace = 'signalbox'::regnamespace and ${isReadersView(session)}`;
  for (const { name } of views)
    await session`grant select on signalbox.${session(name)} to ${session(READER)}`;
}

/**
 * Throws DatabaseRefusal if row-level security applies to this session's own role: it would see all tables as empty.
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
 * Creates the reader, lets this session's role switch to it, and grants it what row-level security protects, as far as
 * the server allows: a role without CREATEROLE needs an operator for it. The caller holds the migration lock.
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

/** Why row-level security does not apply to the reader; null if it does. */
async function whyFree(sql: Pool): Promise<string | null> {
  const [found] = await sql.begin("read only", async (tx) => {
    await tx`select set_config('role', ${READER}, true)`;
    return tx<{ held: boolean }[]>`select row_security_active('signalbox.events') as held`;
  });
  if (found?.held) return null;
  return (
    `PostgreSQL does not keep projects apart in reads: the role ${READER} bypasses row-level security. ` +
    "It must not be a superuser, have BYPASSRLS, or be a member of the tables' owner."
  );
}

/** Why row-level security does not protect reads, and how to fix it; null if it does. */
export async function whyUnguarded(sql: Pool): Promise<string | null> {
  if (await mayEnter(sql)) return await whyFree(sql);
  const [found] = await sql<{ exists: boolean; user: string }[]>`
    select exists (select from pg_roles where rolname = ${READER}), quote_ident(current_user) as "user"`;
  const create = found?.exists ? "" : `create role ${READER} nologin; `;
  return (
    "PostgreSQL does not keep projects apart in reads: this database role may not switch to the reader. " +
    `As a superuser run: ${create}grant ${READER} to ${found?.user}; and start again.`
  );
}
