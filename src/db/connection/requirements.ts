import type { Address, UrlSetting } from "./address.ts";
import type { Pool } from "./client.ts";
import { DatabaseRefusal } from "./refusal.ts";
import { sessionSettings } from "./sessionSettings.ts";

const OLDEST = 150_000;

/** Facts about a server, seen from a session of ours, that the hub's promises depend on. */
type ServerFacts = {
  version: number;
  fsync: string;
  full_page_writes: string;
  synchronous_commit: string;
  encoding: string;
  /** It is a standby, so it is read-only. */
  is_standby: boolean;
  session_replication_role: string;
  /** One of the session's startup settings that no server has by default. */
  search_path: string;
};

/** Why a server cannot be used, or undefined if it can. */
export function whyRefused(
  server: ServerFacts,
  setting: UrlSetting = "DATABASE_URL",
): string | undefined {
  if (server.version < OLDEST) {
    const version = `${Math.floor(server.version / 10_000)}.${server.version % 10_000}`;
    return `The database server is PostgreSQL ${version}, and Signalbox needs 15 or newer.`;
  }
  if (server.is_standby)
    return `The database server is a standby, which is read only: give ${setting} the address of the primary.`;
  if (server.encoding !== "UTF8")
    return `The database has the encoding ${server.encoding}, and Signalbox needs UTF8: create one with "create database … encoding 'UTF8' template template0".`;
  for (const name of ["fsync", "full_page_writes"] as const) {
    if (server[name] !== "on") {
      return `The database server has ${name} = ${server[name]}, so it may lose what it has confirmed: set it to on.`;
    }
  }
  if (!["on", "remote_write", "remote_apply"].includes(server.synchronous_commit)) {
    return `The database server gives sessions synchronous_commit = ${server.synchronous_commit} although on was requested: a connection pooler in between may have to pass it on.`;
  }
  if (server.search_path !== sessionSettings.search_path)
    return `The settings that Signalbox starts its sessions with do not arrive: a connection pooler in between drops them. ${beside(setting)}`;
  if (server.session_replication_role !== "origin")
    return `The database role has session_replication_role = ${server.session_replication_role}, which disables triggers: reset it.`;
  return undefined;
}

const beside = (setting: UrlSetting) =>
  setting === "SIGNALBOX_DIRECT_URL"
    ? "SIGNALBOX_DIRECT_URL must lead to PostgreSQL itself."
    : "Give SIGNALBOX_DIRECT_URL the address of PostgreSQL itself beside it (see Poolers in docs/operate.md).";

/** Explains a failed first connection to the operator. */
export function whyUnreachable(
  error: unknown,
  { host: name, port, database }: Pick<Address, "host" | "port" | "database">,
  setting: UrlSetting,
): string | undefined {
  const { code } = error as { code?: string };
  const message = (error as Error).message.replace(/\.$/, "");
  const host = name.includes(":") ? `[${name}]` : name;
  const server = `The database server at ${host}:${port}`;
  if (code === "3D000") return `${server} has no database named ${database}: create it first.`;
  if (code?.startsWith("28")) return `${server} refuses the user of ${setting}: ${message}.`;
  if (code === "42704")
    return `${server} does not know all settings of PostgreSQL 15, which Signalbox needs, or newer: ${message}.`;
  if (code === "08P01")
    return `${server} does not take what sessions of Signalbox are started with, as some connection poolers do not: ${message}. ${beside(setting)}`;
  if (code && /^\d/.test(code)) return `${server} lets nobody in just now: ${message}.`;
  if (code) return `${server} cannot be reached: ${message || code}.`;
  return undefined;
}

/**
 * Returns the server's version. Throws DatabaseRefusal if the server cannot be reached, is too old, or could lose data.
 */
export async function checkServer(sql: Pool, setting: UrlSetting): Promise<number> {
  const [server] = await sql<[ServerFacts]>`
    select current_setting('server_version_num')::int as version,
      current_setting('fsync') as fsync,
      current_setting('full_page_writes') as full_page_writes,
      current_setting('synchronous_commit') as synchronous_commit,
      (select pg_encoding_to_char(encoding) from pg_database where datname = current_database()) as encoding,
      pg_is_in_recovery() as is_standby,
      current_setting('session_replication_role') as session_replication_role,
      current_setting('search_path') as search_path
  `.catch((error) => {
    const reason = whyUnreachable(error, sql.address, setting);
    throw reason ? new DatabaseRefusal(reason, { cause: error }) : error;
  });
  const reason = whyRefused(server, setting);
  if (reason) throw new DatabaseRefusal(reason);
  return server.version;
}

/** Throws DatabaseRefusal if the server, the database or the role allows fewer connections than a process needs. */
export async function checkRoom(sql: Pool, needed: number): Promise<void> {
  const [room] = await sql<[{ connections: number }]>`
    select least(
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int,
      (select nullif(rolconnlimit, -1) from pg_roles where rolname = session_user and not rolsuper),
      (select nullif(datconnlimit, -1) from pg_database where datname = current_database())
    ) as connections`;
  if (room.connections < needed)
    throw new DatabaseRefusal(
      `The database allows ${room.connections} connections, and this process needs ${needed}: raise max_connections, or the connection limit of the role or the database.`,
    );
}

/** Explains a missing right or a schema owned by another role to the operator; returns any other error as it is. */
export function explainMigration(error: unknown, role: string): unknown {
  const { code, message } = error as Error & { code?: string };
  if (code === "42501")
    return new DatabaseRefusal(
      `The database role ${role} lacks a right that Signalbox needs (${message}): it must own the schemas signalbox and graphile_worker, or be allowed to create them (grant create on database … to ${role}).`,
      { cause: error },
    );
  if (code === "42P07" || code === "42710")
    return new DatabaseRefusal(
      `The schemas signalbox and graphile_worker must contain only Signalbox's own tables: ${message}.`,
      { cause: error },
    );
  return error;
}
