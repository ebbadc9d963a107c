import { setTimeout as pause } from "node:timers/promises";
import { openSession, type Pool } from "../../../src/db/connection/client.ts";
import { startHubProcess } from "../hubProcess.ts";
import { closing } from "../server.ts";
import { memoryOf, usageOf } from "../usage.ts";
import type { Measurement } from "./measurement.ts";

/** At full scale, from its first answer on; and what of it is looked at. */
const SETTLES_S = 30;
const SECONDS = 60;
/** Before this a hub has not come to rest. */
const LEAST_S = 12;

async function transactions(sql: Pool): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select sum(xact_commit + xact_rollback)::float8 as count from pg_stat_database
    where datname <> current_database()`;
  return row?.count ?? Number.NaN;
}

/** What a hub costs to which nothing happens. */
export const idle: Measurement = {
  rounds: 1,
  isQuiet: true,
  async measure({ scale }, checkout) {
    await using hub = await startHubProcess(checkout);
    const settles = Math.max(LEAST_S, SETTLES_S * scale);
    const seconds = Math.max(LEAST_S, SECONDS * scale);
    // From beside the hub's database, so that these questions are not counted.
    const beside = Object.assign(new URL(await hub.databaseUrl()), { pathname: "/template1" });
    await using session = closing(openSession(beside.href));
    await pause(settles * 1_000);
    const { now } = await memoryOf(hub.pid);
    const countBefore = await transactions(session.it);
    const before = await usageOf(hub.pid);
    await pause(seconds * 1_000);
    const after = await usageOf(hub.pid);
    const count = (await transactions(session.it)) - countBefore;
    const spent = (of: "hub" | "all") =>
      (((after?.[of].seconds ?? 0) - (before?.[of].seconds ?? 0)) * 60) / seconds;
    return [
      {
        what: `memory of the hub at rest, ${settles} s after its start, MiB`,
        value: now,
        most: 100,
      },
      { what: "  of it its own, without pages of files", value: before?.hub.rssMiB ?? Number.NaN },
      { what: "at rest: transactions a minute", value: (count * 60) / seconds, most: 60 },
      { what: "  processor seconds a minute", value: spent("all"), most: 0.2 },
      { what: "  of it the hub's", value: spent("hub") },
    ];
  },
};
