import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Db, openDb } from "../../src/db/connection/client.ts";
import { startEmbedded } from "../../src/db/embedded/start.ts";
import { openReadPools } from "../../src/db/read/readPools.ts";
import { migrate } from "../../src/db/schema/migrate.ts";
import { createLogger } from "../../src/log.ts";
import { cli } from "../fixtures/cli.ts";
import { emit } from "../fixtures/hooks.ts";
import { testHub, testKey } from "../fixtures/hub.ts";

// A server of its own: the reader's role belongs to all databases of a server, and here there is none at first.
const stack = new AsyncDisposableStack();
let operator: Db;

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "signalbox-roles-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 20 }));
  const server = stack.use(await startEmbedded({ dataDir, log: createLogger("warn") }));
  operator = stack.use(openDb(server.url, 2));
});
afterAll(() => stack.disposeAsync());

/** A role, and a database that it owns, as a managed PostgreSQL gives them. */
async function roleWithDatabase(name: string, rights: string): Promise<string> {
  const { sql } = operator;
  const password = randomUUID();
  await sql.unsafe(`create role ${name} login ${rights} password '${password}'`);
  await sql.unsafe(`create database ${name} owner ${name}`);
  return Object.assign(new URL(operator.url), { username: name, password, pathname: `/${name}` })
    .href;
}

const settings = {
  adminKey: testKey(),
  secretKeys: [{ id: "test", key: randomBytes(32) }],
};

/** Whether the hub on a database accepts an event and shows it. */
async function works(databaseUrl: string): Promise<void> {
  await using hub = await testHub({ ...settings, databaseUrl });
  const { id } = await emit(hub);
  const shown = await hub.run(`query ($id: ID!) { event(id: $id) { id } hooks { nodes { id } } }`, {
    id,
  });
  expect(shown).toEqual({ event: { id }, hooks: { nodes: [] } });
}

async function warningOf(url: string): Promise<string | null> {
  await migrate({ url });
  await using reads = await openReadPools(url);
  return reads.warning;
}

test("a role that may make no roles has a hub that works and says what is missing, until an operator does it", async () => {
  const url = await roleWithDatabase("plain", "");
  const remedy = "create role signalbox_reader nologin; grant signalbox_reader to plain;";
  expect(await warningOf(url)).toContain(`As a superuser run: ${remedy} and start again.`);
  await works(url);
  const verdict = await cli({ DATABASE_URL: url }, "verify");
  expect(verdict).toMatchObject({ code: 0, stdout: expect.stringContaining(remedy) });

  await operator.sql.unsafe(remedy);
  expect(await warningOf(url)).toBeNull();
  await works(url);
  const after = await cli({ DATABASE_URL: url }, "verify");
  expect(after.stdout).toMatch(/\nNo differences\.\n$/);

  // The next database of the server finds the role, and lacks the right to it alone.
  const next = await roleWithDatabase("next", "");
  expect(await warningOf(next)).toContain("run: grant signalbox_reader to next; and");

  await operator.sql.unsafe("drop owned by signalbox_reader");
  for (const name of ["plain", "next"]) await operator.sql.unsafe(`drop database ${name}`);
  await operator.sql.unsafe("drop role signalbox_reader");
});

test("a role with CREATEROLE makes the reader itself, also when processes start at once", async () => {
  const url = await roleWithDatabase("creator", "createrole");
  expect(await Promise.all([warningOf(url), warningOf(url)])).toEqual([null, null]);
  await works(url);

  await operator.sql`alter role signalbox_reader bypassrls`;
  expect(await warningOf(url)).toContain("signalbox_reader bypasses row-level security");
  await operator.sql`alter role signalbox_reader nobypassrls`;
  expect(await warningOf(url)).toBeNull();
});

test("a role that does not own the tables is refused in words: it would find them empty", async () => {
  await migrate(operator);
  const { pathname } = new URL(operator.url);
  const stranger = new URL(await roleWithDatabase("stranger", ""));
  await operator.sql`grant usage on schema signalbox to stranger`;
  await operator.sql`grant all on all tables in schema signalbox to stranger`;
  stranger.pathname = pathname;
  await expect(migrate({ url: stranger.href })).rejects.toThrow(
    "The database role stranger does not own Signalbox's tables",
  );
});
