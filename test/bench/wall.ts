import { setTimeout as pause } from "node:timers/promises";
import type { Sql } from "../../src/db/connection/client.ts";
import type { Line } from "./part.ts";
import { type BenchServer, closing } from "./server.ts";
import { usageOf } from "./usage.ts";

const SAMPLE_MS = 50;
const STATEMENTS = 8;
const EVENTS = 6;

/** Processor seconds so far: of the hub's processes, of PostgreSQL, and of who sends and receives. */
async function seconds(server: BenchServer, hubs: number[], loaders: number[]): Promise<number[]> {
  const own = async (pids: number[]) => {
    const found = await Promise.all(pids.map(usageOf));
    return found.reduce((sum, usage) => sum + (usage?.hub.seconds ?? 0), 0);
  };
  const postgres = await usageOf(server.pid);
  return [await own(hubs), postgres?.all.seconds ?? 0, await own([process.pid, ...loaders])];
}

/** What the sessions of a database do at this moment. */
const doing = (sql: Sql, database: string) => sql<{ what: string; sessions: number }[]>`
  select case when state = 'idle in transaction' then 'the hub, in a transaction'
      else coalesce(wait_event_type || ' ' || wait_event, 'nothing, runs') end as what, count(*)::int as sessions
  from pg_stat_activity where datname = ${database} and pid <> pg_backend_pid() and backend_type = 'client backend'
    and state in ('active', 'idle in transaction') group by 1`;

/** Looks every 50 ms at what sessions wait for, until it is told to stop. */
function sample(sql: Sql, database: string): () => Promise<string> {
  const seen = new Map<string, number>();
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      for (const { what, sessions } of await doing(sql, database))
        seen.set(what, (seen.get(what) ?? 0) + sessions);
      await pause(SAMPLE_MS);
    }
  })();
  return async () => {
    isOver = true;
    await looking;
    const all = [...seen.values()].reduce((sum, count) => sum + count, 0);
    return [...seen]
      .sort(([, a], [, b]) => b - a)
      .slice(0, EVENTS)
      .map(([what, count]) => `${what} ${Math.round((count / all) * 100)} %`)
      .join(", ");
  };
}

type Statement = { query: string; ms: number; calls: number; rows: number };

const dearest = (sql: Sql, database: string) => sql<Statement[]>`
  select regexp_replace(query, '\\s+', ' ', 'g') as query, total_exec_time as ms, calls::int as calls, rows::int as rows
  from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = ${database}
  order by total_exec_time desc limit ${STATEMENTS}`;

/** Does the work, and tells where the time went: processor seconds, waits and statements, for so many things done. */
export async function wallOf(
  server: BenchServer,
  url: string,
  pids: { hubs: number[]; loaders: number[] },
  count: number,
  work: () => Promise<void>,
): Promise<Line[]> {
  const database = new URL(url).pathname.slice(1);
  await using looker = closing(await server.session(server.url));
  await server.sql`select pg_stat_statements_reset()`;
  const before = await seconds(server, pids.hubs, pids.loaders);
  const stop = sample(looker.it, database);
  await work();
  const waits = await stop();
  const after = await seconds(server, pids.hubs, pids.loaders);
  const spent = after.map((end, index) => (end - (before[index] ?? 0)).toFixed(1));
  return [
    {
      what: "  processor seconds: hub / PostgreSQL / sender and receiver",
      figure: spent.join(" / "),
    },
    { what: "  what sessions wait for", figure: waits },
    ...(await dearest(server.sql, database)).map(({ query, ms, calls, rows }) => ({
      what: `  µs each: \`${query.slice(0, 90).replaceAll("|", "¦")}\` (${calls} calls, ${rows} rows)`,
      figure: (ms * 1_000) / count,
    })),
  ];
}
