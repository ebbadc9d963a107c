import { setTimeout as pause } from "node:timers/promises";
import { openDb } from "../../../src/db/connection/client.ts";
import { startHubProcess } from "../hubProcess.ts";
import { atMost, type Part } from "../part.ts";
import { usageOf } from "../usage.ts";

const SETTLES_MS = 5_000;
const SECONDS = 60;
/** What is looked for every 2.5 s and less often. */
const TRANSACTIONS_A_MINUTE = 60;
const PROCESSOR_S_A_MINUTE = 0.2;

/** What a hub costs to which nothing happens. */
export const rest: Part = {
  name: "rest",
  async measure() {
    await using hub = await startHubProcess();
    await using db = openDb(await hub.databaseUrl(), 1);
    const transactions = async () => {
      const [row] = await db.sql<{ count: number }[]>`
        select (xact_commit + xact_rollback)::float8 as count from pg_stat_database
        where datname = current_database()`;
      return row?.count ?? 0;
    };
    await pause(SETTLES_MS);
    const countBefore = await transactions();
    const before = await usageOf(hub.pid);
    await pause(SECONDS * 1_000);
    const after = await usageOf(hub.pid);
    const transactionsAMinute = (((await transactions()) - countBefore) * 60) / SECONDS;
    if (!before || !after) return [];
    const perMinuteOf = (whose: "hub" | "all") =>
      ((after[whose].seconds - before[whose].seconds) * 60) / SECONDS;
    return [
      {
        what: "at rest, s of processor a minute, the hub's own process",
        figure: perMinuteOf("hub"),
        ...atMost(perMinuteOf("hub"), PROCESSOR_S_A_MINUTE, " s"),
      },
      { what: "  with its PostgreSQL", figure: perMinuteOf("all") },
      {
        what: "  transactions a minute",
        figure: transactionsAMinute,
        ...atMost(transactionsAMinute, TRANSACTIONS_A_MINUTE),
      },
      { what: "  MiB of memory, the hub's own process", figure: after.hub.rssMiB },
    ];
  },
};
