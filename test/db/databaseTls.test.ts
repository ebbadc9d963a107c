import { chown, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Db, openDb } from "../../src/db/connection/client.ts";
import { startEmbedded } from "../../src/db/embedded/start.ts";
import { openJobPool } from "../../src/db/queue/jobPool.ts";
import { migrate } from "../../src/db/schema/migrate.ts";
import { createLogger } from "../../src/log.ts";
import { goodCertificate, tlsKey } from "../fixtures/certificates.ts";

// A server of its own that speaks TLS, with a certificate for localhost that signed itself.
const stack = new AsyncDisposableStack();
let server: URL;
let root: string;

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "signalbox-tls-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 20 }));
  const { url } = stack.use(await startEmbedded({ dataDir, log: createLogger("warn") }));
  server = new URL(url);
  server.search = "";
  root = join(dataDir, "root.crt");
  await writeFile(root, goodCertificate);
  await using db = openDb(url, 1);
  const cluster = join(dataDir, "postgres");
  const { uid, gid } = await stat(cluster);
  for (const [name, content] of Object.entries({ cert: goodCertificate, key: tlsKey })) {
    await writeFile(join(cluster, `server.${name}`), content, { mode: 0o600 });
    await chown(join(cluster, `server.${name}`), uid, gid);
    await db.sql.unsafe(`alter system set ssl_${name}_file = 'server.${name}'`);
  }
  await encrypts(db, "on");
});
afterAll(() => stack.disposeAsync());

/** The server tells its sessions when it has taken the setting over itself. */
async function encrypts({ sql }: Db, value: "on" | "off") {
  await sql.unsafe(`alter system set ssl = ${value}`);
  await sql`select pg_reload_conf()`;
  await vi.waitFor(async () => expect(await sql`show ssl`).toEqual([{ ssl: value }]));
}

const at = (host: string, query: string) =>
  Object.assign(new URL(server), { hostname: host, search: query.replace("ROOT", root) }).href;

/** Whether each of the two drivers encrypts what it sends there. */
async function encrypted(url: string): Promise<boolean[]> {
  await using db = openDb(url, 1);
  const question = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
  const [ours] = await db.sql.unsafe(question);
  const pool = await openJobPool(url, db.sql, 1);
  try {
    const { rows } = await pool.query(question);
    return [ours?.ssl, rows[0].ssl];
  } finally {
    await pool.end();
  }
}

describe("both drivers connect as libpq would", () => {
  test.each([
    ["localhost", "", true],
    ["localhost", "?sslmode=disable", false],
    ["localhost", "?sslmode=allow", true],
    ["localhost", "?sslmode=prefer", true],
    ["127.0.0.1", "?sslmode=require", true],
    ["127.0.0.1", "?ssl=true", true],
    ["127.0.0.1", "?sslmode=no-verify", true],
    ["127.0.0.1", "?sslmode=require&uselibpqcompat=true&channel_binding=prefer", true],
    ["127.0.0.1", "?sslmode=require&sslrootcert=ROOT", true],
    ["127.0.0.1", "?sslmode=verify-ca&sslrootcert=ROOT", true],
    ["localhost", "?sslmode=verify-full&sslrootcert=ROOT", true],
    ["localhost", "?sslmode=verify-full&sslrootcert=ROOT&sslnegotiation=direct", true],
  ])("%s%s", async (host, query, isEncrypted) => {
    expect(await encrypted(at(host, query))).toEqual([isEncrypted, isEncrypted]);
  });
});

describe("a server that is not who it should be is refused in one sentence", () => {
  test.each([
    ["localhost", "?sslmode=verify-ca", "cannot be reached: self-signed certificate"],
    ["localhost", "?sslmode=verify-full", "cannot be reached: self-signed certificate"],
    ["localhost", "?sslrootcert=system", "cannot be reached: self-signed certificate"],
    [
      "127.0.0.1",
      "?sslmode=verify-full&sslrootcert=ROOT",
      "altnames: IP: 127.0.0.1 is not in the cert",
    ],
  ])("%s%s", async (host, query, words) => {
    await expect(migrate({ url: at(host, query) })).rejects.toThrow(words);
  });
});

test("a server without TLS is refused where encryption is asked for, and taken where it is not", async () => {
  await using db = openDb(server.href, 1);
  await encrypts(db, "off");
  await expect(migrate({ url: at("localhost", "?sslmode=require") })).rejects.toThrow(
    "cannot be reached: it does not encrypt, and sslmode asks for it",
  );
  expect(await encrypted(at("localhost", ""))).toEqual([false, false]);
});
