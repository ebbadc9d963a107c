import pg from "pg";
import { readAddress } from "../connection/address.ts";
import { openSession, settingsAt } from "../connection/client.ts";

/** Whether the server encrypts connections at this address. pg has no `prefer` and cannot find out itself. */
async function isEncrypted(url: string): Promise<boolean> {
  const session = openSession(url);
  try {
    const [found] = await session<{ ssl: boolean }[]>`
      select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
    return found?.ssl ?? false;
  } finally {
    await session.end({ timeout: 1 });
  }
}

/**
 * The pool for graphile-worker, which only knows `pg`. It has the hub's settings and goes straight to the server, since
 * one of its connections uses LISTEN. `onLost` is called when a connection breaks.
 */
export async function openJobPool(
  url: string,
  max: number,
  onLost: (error: Error) => void = () => {},
): Promise<pg.Pool> {
  const address = readAddress(url);
  const { host, port, user, password, database, tls, connectTimeoutS } = address;
  const offered = tls.mode === "if offered" && (await isEncrypted(url));
  const settings = Object.entries(settingsAt(url, address)).map(
    // Escaped: a space would end the value, and a backslash would be dropped.
    ([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, "\\$&")}`,
  );
  const config = {
    ...{ host, port, user, password, database },
    ssl: tls.mode === "always" ? tls.options : offered && { rejectUnauthorized: false },
    ...(tls.mode === "always" && { sslnegotiation: tls.negotiation }),
    options: [address.options ?? "", ...settings].join(" ").trim(),
    connectionTimeoutMillis: connectTimeoutS * 1_000,
  };
  /** As an option of the pool, the timeout would also count waiting for a free connection. */
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
