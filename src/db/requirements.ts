import type { Pool } from "./client.ts";
import { DatabaseRefusal } from "./refusal.ts";

const OLDEST = 150_000;

/** What a server must say of itself, on a session of ours, for the hub's promises to hold. */
export type ServerFacts = {
  version: number;
  fsync: string;
  full_page_writes: string;
  synchronous_commit: string;
};

/** The sentence that refuses a server, or undefined for one that will do. */
export function whyRefused(server: ServerFacts): string | undefined {
  if (server.version < OLDEST) {
    const version = `${Math.floor(server.version / 10_000)}.${server.version % 10_000}`;
    return `The database server is PostgreSQL ${version}, and Signalbox needs 15 or newer.`;
  }
  for (const name of ["fsync", "full_page_writes"] as const) {
    if (server[name] !== "on") {
      return `The database server has ${name} = ${server[name]}, so it may lose what it has confirmed: set it to on.`;
    }
  }
  if (!["on", "remote_write", "remote_apply"].includes(server.synchronous_commit)) {
    return `The database server gives sessions synchronous_commit = ${server.synchronous_commit} although on is asked for: a connection pooler between may have to pass it on.`;
  }
  return undefined;
}

/** What a failed first connection means to the operator. */
function whyUnreachable(error: unknown, url: { host: string; database: string }) {
  const { code, message } = error as Error & { code?: string };
  const server = `The database server at ${url.host}`;
  if (code === "3D000") return `${server} has no database named ${url.database}: create it first.`;
  if (code?.startsWith("28")) return `${server} refuses the user of DATABASE_URL: ${message}.`;
  if (code && !/^\d/.test(code)) return `${server} cannot be reached: ${message || code}.`;
  return undefined;
}

/** Throws DatabaseRefusal when the server cannot be reached, is too old, or may lose what it confirms. */
export async function checkServer(sql: Pool): Promise<void> {
  const [server] = await sql<ServerFacts[]>`
    select current_setting('server_version_num')::int as version,
      current_setting('fsync') as fsync,
      current_setting('full_page_writes') as full_page_writes,
      current_setting('synchronous_commit') as synchronous_commit
  `.catch((error) => {
    const { host, port, database } = sql.options;
    const reason = whyUnreachable(error, { host: `${host[0]}:${port[0]}`, database });
    throw reason ? new DatabaseRefusal(reason, { cause: error }) : error;
  });
  const reason = server && whyRefused(server);
  if (reason) throw new DatabaseRefusal(reason);
}
