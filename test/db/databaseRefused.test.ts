import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { openSession, type Pool } from "../../src/db/connection/client.ts";
import { DatabaseRefusal } from "../../src/db/connection/refusal.ts";
import { emit } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { bootRefused } from "../fixtures/process.ts";

const stack = new AsyncDisposableStack();
const server = new URL(inject("postgres").url);
let sql: Pool;

beforeAll(() => {
  sql = openSession(server.href);
  stack.defer(() => sql.end());
});
afterAll(() => stack.disposeAsync());

/** A new database, as a new role that owns it or not sees it; both are dropped at the end. */
async function site({ owns = true, database = "", role = "" } = {}) {
  const name = `${inject("postgres").template}_${randomBytes(4).toString("hex")}`;
  const password = randomUUID();
  await sql.unsafe(`create role ${name} login password '${password}' ${role}`);
  await sql.unsafe(
    `create database ${name} template template0 ${owns ? `owner ${name}` : ""} ${database}`,
  );
  stack.defer(async () => {
    await sql.unsafe(`drop database ${name} with (force)`);
    await sql.unsafe(`drop role ${name}`);
  });
  const pathname = `/${name}`;
  return {
    name,
    url: Object.assign(new URL(server), { username: name, password, pathname }).href,
    /** Does something there as a superuser. */
    async as(statement: string) {
      const session = openSession(Object.assign(new URL(server), { pathname }).href);
      await session.unsafe(statement);
      await session.end();
    },
  };
}

async function refusalOf(databaseUrl: string): Promise<string> {
  const error = await testHub({ databaseUrl }).then(
    async (hub) => {
      await hub[Symbol.asyncDispose]();
      return new Error("it started");
    },
    (error: Error) => error,
  );
  expect(error).toBeInstanceOf(DatabaseRefusal);
  return error.message;
}

async function works(databaseUrl: string): Promise<void> {
  await using hub = await testHub({ databaseUrl });
  expect(await emit(hub)).toMatchObject({ status: "PROCESSED" });
}

describe("a database that is not UTF-8 is refused by name", () => {
  test.each(["LATIN1", "LATIN5", "SQL_ASCII", "EUC_JP"])("%s", async (encoding) => {
    const { url } = await site({ database: `encoding '${encoding}' lc_collate 'C' lc_ctype 'C'` });
    expect(await refusalOf(url)).toContain(
      `has the encoding ${encoding}, and Signalbox needs UTF8`,
    );
  });
});

test("a role that may make no schema is told the right it lacks", async () => {
  const { url, name } = await site({ owns: false });
  expect(await refusalOf(url)).toContain(
    `The database role ${name} lacks a right that Signalbox needs (permission denied for database`,
  );
});

test("an empty schema that is there is used, and needs no right to make one", async () => {
  const { url, name, as } = await site({ owns: false });
  await as(`create schema signalbox authorization ${name}`);
  await as(`create schema graphile_worker authorization ${name}`);
  await works(url);
});

test("an empty schema of another role is refused in words", async () => {
  const { url, as } = await site();
  await as("create schema signalbox");
  expect(await refusalOf(url)).toContain("permission denied for schema signalbox");
});

test("a schema that holds somebody else's tables is refused in words", async () => {
  const { url, name, as } = await site();
  await as(`create schema signalbox authorization ${name} create table events (id int)`);
  expect(await refusalOf(url)).toMatch(/lacks a right|must contain only Signalbox's own tables/);
});

test("too few connections are told, and how many are needed", async () => {
  const { url } = await site({ role: "connection limit 10" });
  expect(await refusalOf(url)).toContain("allows 10 connections, and this process needs 23");
});

test("a wrong password is told in one sentence, with exit code 1", async () => {
  const { url, name } = await site();
  const wrong = Object.assign(new URL(url), { password: "sesame" }).href;
  const { code, output } = await bootRefused({
    DATABASE_URL: wrong,
    SIGNALBOX_SECRET_KEY: randomBytes(32).toString("base64"),
  });
  expect(output).toContain(`password authentication failed for user "${name}".\n`);
  expect(output.trim().split("\n")).toHaveLength(1);
  expect(code).toBe(1);
});
