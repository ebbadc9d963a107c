import pg from "pg";
import { readAddress } from "../connection/address.ts";
import { type Pool, settingsAt } from "../connection/client.ts";

/** Whether the server encrypts this session's connection: pg cannot find out by itself, as `prefer` asks. */
async function isEncrypted(sql: Pool): Promise<boolean> {
  const [found] = await sql<{ ssl: boolean }[]>`
    select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
  return found?.ssl ?? false;
}

/**
 * The pool that graphile-worker asks for, which knows `pg` alone: at the same address as `sql`, and with the same
 * settings. `onLost` is told when a connection breaks.
 */
export async function openJobPool(
  url: string,
  sql: Pool,
  max: number,
  onLost: (error: Error) => void = () => {},
): Promise<pg.Pool> {
  const address = readAddress(url);
  const { host, port, user, password, database, tls, connectTimeoutS } = address;
  const offered = tls.mode === "if offered" && (await isEncrypted(sql));
  const settings = Object.entries(settingsAt(url, address)).map(
    // A space and a backslash would end a value, or be taken away.
    ([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, "\\$&")}`,
  );
  const config = {
    ...{ host, port, user, password, database },
    ssl: tls.mode === "always" ? tls.options : offered && { rejectUnauthorized: false },
    ...(tls.mode === "always" && { sslnegotiation: tls.negotiation }),
    options: [address.options ?? "", ...settings].join(" ").trim(),
    connectionTimeoutMillis: connectTimeoutS * 1_000,
  };
  /** The pool itself would also count the wait for one of its connections. */
  class Client extends pg.Client {
    constructor() {
      super(config);
    }
  }
  const pool = new pg.Pool({ max, Client });
  pool.on("error", onLost);
  pool.on("connect", (client) => client.on("error", onLost));
  return pool;
}
