import { setTimeout as pause } from "node:timers/promises";
import type { Pool } from "../../../src/db/connection/client.ts";
import { type BenchHub, startHubProcess } from "../hubProcess.ts";
import { concurrently } from "../measure.ts";
import { emit, pad, register } from "../operations.ts";
import { send, TYPE } from "../parts/delivered.ts";
import { closing, unlimited } from "../server.ts";
import type { Figure, Measurement } from "./measurement.ts";

const EVENTS = 12_000;
/** So few would be mostly the first change of each page after a checkpoint, which is written whole. */
const LEAST = 4_000;
const ALONE = 500;
const WARM = 2_000;
const CALLERS = 64;
/** Until the hub has written down what it has sent: of many, and of one. */
const SETTLES_MS = 500;
const ONE_SETTLES_MS = 20;

/** Has the hub's own PostgreSQL count statements, and gives a session on a database beside the hub's. */
async function countStatements(hub: BenchHub): Promise<Pool> {
  {
    await using sql = closing(await unlimited(await hub.databaseUrl()));
    await sql.it`alter system set shared_preload_libraries = 'pg_stat_statements'`;
    await sql.it`create database bench`;
  }
  await hub.stop();
  await hub.start();
  const url = Object.assign(new URL(await hub.databaseUrl()), { pathname: "/bench" }).href;
  const sql = await unlimited(url);
  await sql`create extension pg_stat_statements`;
  return sql;
}

const most = (aim: number | undefined) => (aim === undefined ? {} : { most: aim });

type Count = { statements: number; bytes: number };

/** Statements as pg_stat_statements counts them (of the hub's transactions BEGIN, but not COMMIT), and bytes of log. */
async function soFar(sql: Pool): Promise<Count> {
  const [row] = await sql<Count[]>`
    select coalesce(sum(calls), 0)::float8 as statements,
      (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 as bytes
    from pg_stat_statements where dbid <> (select oid from pg_database where datname = current_database())`;
  return row ?? { statements: Number.NaN, bytes: Number.NaN };
}

/** What each of so many events is in statements and in write-ahead log, from its emit to the end of its delivery. */
async function eachOf(sql: Pool, count: number, work: () => Promise<unknown>): Promise<Count> {
  const before = await soFar(sql);
  await work();
  await pause(SETTLES_MS);
  const after = await soFar(sql);
  return {
    statements: (after.statements - before.statements) / count,
    bytes: (after.bytes - before.bytes) / count,
  };
}

/** An event's whole life, in statements and in what is written of it. */
export const life: Measurement = {
  rounds: 1,
  async measure({ target, scale }, checkout) {
    await using hub = await startHubProcess(checkout);
    await using session = closing(await countStatements(hub));
    await register(hub, target.url, TYPE);
    const one = () => emit(hub, { type: TYPE, data: { pad } });
    const batch = 500;
    const count = Math.ceil(Math.max(LEAST, EVENTS * scale) / batch) * batch;
    const sent = async (events: number, work: () => Promise<unknown>) => {
      await target.reset();
      await work();
      await target.until(events);
    };
    await sent(WARM, () => concurrently(WARM, CALLERS, one));
    await session.it`checkpoint`;
    const loaded = await eachOf(session.it, count, () =>
      sent(count, () => concurrently(count, CALLERS, one)),
    );
    const few = Math.ceil(ALONE * scale);
    const alone = await eachOf(session.it, few, () =>
      concurrently(few, 1, async () => {
        await sent(1, one);
        await pause(ONE_SETTLES_MS);
      }),
    );
    const batched = await eachOf(session.it, count, () => send(hub, target, count));
    const of = (
      how: string,
      { statements, bytes }: Count,
      aims: [number?, number?] = [],
    ): Figure[] => [
      { what: `statements of an event's whole life, ${how}`, value: statements, ...most(aims[0]) },
      { what: "  KiB of write-ahead log", value: bytes / 1_024, ...most(aims[1]) },
    ];
    return [
      ...of("one after the other", alone, [3]),
      ...of("64 callers", loaded, [3, 2.5]),
      ...of("batches of 500", batched, [3, 2.5]),
    ];
  },
};
