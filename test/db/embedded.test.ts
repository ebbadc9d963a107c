import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { expect, test } from "vitest";
import { openCluster } from "../../src/db/embedded/cluster.ts";
import { freePort } from "../../src/db/embedded/freePort.ts";
import { startPostmaster } from "../../src/db/embedded/postmaster.ts";
import { findRunning, startEmbedded } from "../../src/db/embedded/start.ts";
import { createLogger } from "../../src/log.ts";

const log = createLogger("silent");

async function dataDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "signalbox-embedded-"));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** One query on a connection of its own. */
async function query(url: string, text: string) {
  // A server killed while its types are fetched: https://github.com/porsager/postgres/issues/1192
  const sql = postgres(url, { max: 1, connect_timeout: 2, fetch_types: false });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function serverPid(dataDir: string): Promise<number> {
  const file = join(dataDir, "postgres", "postmaster.pid");
  return Number.parseInt(await readFile(file, "utf8"), 10);
}

/** What remains of a process once it has ended is a zombie at most, which nobody can connect to. */
const answers = (url: string) =>
  query(url, "select 1").then(
    () => true,
    () => false,
  );

/** A hub in a process of its own, which does nothing but run the database. */
async function spawnHub(
  dataDir: string,
  account?: { uid: number; gid: number },
): Promise<ChildProcess & Disposable & { url: string }> {
  const entry = new URL("../../src/db/embedded/start.ts", import.meta.url).href;
  const program = `
    import { startEmbedded } from ${JSON.stringify(entry)};
    const log = { info() {}, warn() {}, error() {} };
    console.log((await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log })).url);`;
  const hub = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
    ...account,
  });
  const [url] = await once(hub.stdout, "data");
  return Object.assign(hub, { url: String(url).trim(), [Symbol.dispose]: () => void hub.kill(9) });
}

test("a start on an empty directory makes a durable UTF-8 database that only its password opens", async () => {
  await using dir = await dataDirectory();
  await using database = await startEmbedded({ dataDir: dir.path, log });
  const [facts] = await query(
    database.url,
    `select current_setting('server_encoding') as encoding, current_setting('fsync') as fsync,
       current_setting('data_checksums') as checksums, current_setting('listen_addresses') as listens,
       current_setting('server_version_num')::int / 10000 as version`,
  );
  expect(facts).toEqual({
    encoding: "UTF8",
    fsync: "on",
    checksums: "on",
    listens: "127.0.0.1",
    version: 18,
  });
  const intruder = Object.assign(new URL(database.url), { password: "wrong" }).href;
  await expect(query(intruder, "select 1")).rejects.toThrow("password authentication failed");
});

test("the end of the object is the end of the server, and the next start has the data", async () => {
  await using dir = await dataDirectory();
  const first = await startEmbedded({ dataDir: dir.path, log });
  await query(first.url, "create table kept as select 7 as value");
  await first[Symbol.asyncDispose]();
  expect(await answers(first.url)).toBe(false);
  expect(await readdir(dir.path)).not.toContain("connection.json");

  await using second = await startEmbedded({ dataDir: dir.path, log });
  expect(await query(second.url, "select value from kept")).toEqual([{ value: 7 }]);
});

test("others find the database of a directory while it runs, and only then", async () => {
  await using dir = await dataDirectory();
  expect(await findRunning(dir.path)).toBeUndefined();
  {
    await using database = await startEmbedded({ dataDir: dir.path, log });
    expect(await findRunning(dir.path)).toBe(database.url);
  }
  expect(await findRunning(dir.path)).toBeUndefined();
});

test("a second start on the same directory says who runs there, and harms nothing", async () => {
  await using dir = await dataDirectory();
  await using database = await startEmbedded({ dataDir: dir.path, log });
  await expect(startEmbedded({ dataDir: dir.path, log })).rejects.toThrow(
    `Another Signalbox already runs on ${dir.path} (pid ${process.pid})`,
  );
  expect(await answers(database.url)).toBe(true);
  expect(await findRunning(dir.path)).toBe(database.url);
});

test("a server that is killed runs again at the same address, with what it had confirmed", async () => {
  await using dir = await dataDirectory();
  await using database = await startEmbedded({ dataDir: dir.path, log });
  await query(database.url, "create table kept as select 7 as value");
  const killed = await serverPid(dir.path);
  process.kill(killed, "SIGKILL");
  await expect
    .poll(() => query(database.url, "select value from kept").catch(() => []), { timeout: 60_000 })
    .toEqual([{ value: 7 }]);
  expect(await serverPid(dir.path)).not.toBe(killed);
});

test("a killed hub leaves no server behind, and the next start recovers by itself", async () => {
  await using dir = await dataDirectory();
  using hub = await spawnHub(dir.path);
  await query(hub.url, "create table kept as select 7 as value");
  await expect(startEmbedded({ dataDir: dir.path, log })).rejects.toThrow(`(pid ${hub.pid})`);
  hub.kill("SIGKILL");
  await expect.poll(() => answers(hub.url), { timeout: 60_000 }).toBe(false);
  expect(await findRunning(dir.path)).toBeUndefined();

  await using next = await startEmbedded({ dataDir: dir.path, log });
  expect(await query(next.url, "select value from kept")).toEqual([{ value: 7 }]);
});

test("hub and server killed together: the next start, at once, recovers by itself", async () => {
  await using dir = await dataDirectory();
  using hub = await spawnHub(dir.path);
  await query(hub.url, "create table kept as select 7 as value");
  hub.kill("SIGKILL");
  process.kill(await serverPid(dir.path), "SIGKILL");

  await using next = await startEmbedded({ dataDir: dir.path, log });
  expect(await query(next.url, "select value from kept")).toEqual([{ value: 7 }]);
});

test("a server that a killed hub has left running is stopped by the next start", async () => {
  await using dir = await dataDirectory();
  const never = new AbortController().signal;
  const orphan = await startPostmaster(await openCluster(dir.path), await freePort(), never);

  await using next = await startEmbedded({ dataDir: dir.path, log });
  expect(await orphan.ended).toBe("exit code 0");
  expect(await answers(next.url)).toBe(true);
});

test("a pid file that names a living stranger, as after a reboot, does not keep it from starting", async () => {
  await using dir = await dataDirectory();
  await (await startEmbedded({ dataDir: dir.path, log }))[Symbol.asyncDispose]();
  const stale = `${process.ppid}\n${dir.path}/postgres\n1\n5432\n\n127.0.0.1\n0 0\nready\n`;
  await writeFile(join(dir.path, "postgres", "postmaster.pid"), stale);

  await using database = await startEmbedded({ dataDir: dir.path, log });
  expect(await answers(database.url)).toBe(true);
});

test("a directory that is none is refused in words", async () => {
  await using dir = await dataDirectory();
  const file = join(dir.path, "file");
  await writeFile(file, "");
  await expect(startEmbedded({ dataDir: file, log })).rejects.toThrow(
    /^The data directory cannot be used \(.+\): set SIGNALBOX_DATA to another\.$/,
  );
});

/** A UID that no system has a name for, as containers are run. */
const nameless = { uid: 54_321, gid: 0 };
const canBeNameless =
  process.getuid?.() === 0 &&
  spawnSync("ldconfig", ["-p"], { encoding: "utf8" }).stdout?.includes("libnss_wrapper.so") &&
  spawnSync("ls", [import.meta.filename], nameless).status === 0;
if (!canBeNameless)
  console.warn("\n!!! Not root, or no libnss-wrapper: a UID without a name is NOT TRIED.\n");

test.skipIf(!canBeNameless)("a UID that has no name creates its database, too", async () => {
  const path = await mkdtemp("/tmp/signalbox-nameless-");
  try {
    await chown(path, nameless.uid, nameless.gid);
    using hub = await spawnHub(path, nameless);
    expect(await query(hub.url, "select current_user::text as name")).toMatchObject([
      { name: "signalbox" },
    ]);
    hub.kill("SIGKILL");
    await once(hub, "exit");
    await expect.poll(() => answers(hub.url)).toBe(false);
  } finally {
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
  }
});
