import { openDb, type Sql } from "../../../src/db/connection/client.ts";
import { removeExpired } from "../../../src/worker/job/retention.ts";
import { startHubProcess } from "../hubProcess.ts";
import { atMost, type Line } from "../part.ts";
import { latencyAt } from "../parts/latency.ts";
import type { BenchReceiver } from "../receiverProcess.ts";

/** Of 30 days that are stored, a range or two are older. */
const KEPT_DAYS = 20;
const RATE = 200;
/** What nobody notices, beside the same without. */
const UNNOTICED_MS = 100;

/** As many rows of all tables as PostgreSQL believes there are. */
async function stored(sql: Sql): Promise<number> {
  const [row] = await sql<{ n: number }[]>`
    select sum(greatest(reltuples, 0))::float8 as n from pg_class
    where relnamespace = 'signalbox'::regnamespace and relkind = 'r'`;
  return row?.n ?? 0;
}

/** How late events are while retention removes what is older than so many days, and how late they are without. */
export async function forget(
  url: string,
  settings: Record<string, string>,
  target: BenchReceiver,
): Promise<Line[]> {
  await using db = openDb(url, 2);
  await using hub = await startHubProcess({ env: settings });
  // The first seconds of a process are not like the others.
  await latencyAt(hub, target, RATE);
  const without = await latencyAt(hub, target, RATE);
  const before = await stored(db.sql);
  const started = performance.now();
  let seconds: number | undefined;
  const removing = removeExpired(db, KEPT_DAYS).finally(() => {
    seconds = (performance.now() - started) / 1_000;
  });
  const meanwhile: (typeof without)[] = [];
  do meanwhile.push(await latencyAt(hub, target, RATE));
  while (seconds === undefined);
  if (!(await removing)) throw new Error("retention has not come to its end");
  // The worst ten seconds of it.
  const worst = (of: "receiver" | "seen") =>
    meanwhile.map((each) => each[of]).reduce((a, b) => (a.p99 > b.p99 ? a : b));
  const lines = (what: string, of: "receiver" | "seen"): Line[] => {
    const more = worst(of).p99 - without[of].p99;
    return [
      { what: `${what} at ${RATE}/s before, ms: p50 / p95 / p99 / max`, figure: without[of] },
      { what: "  while retention removes", figure: worst(of) },
      { what: "  later by, at p99, ms", figure: more, ...atMost(more, UNNOTICED_MS, " ms") },
    ];
  };
  return [
    { what: "rows removed by retention", figure: before - (await stored(db.sql)) },
    { what: "  in seconds", figure: seconds },
    ...lines("emit to receiver", "receiver"),
    ...lines("emit to subscriber", "seen"),
  ];
}
