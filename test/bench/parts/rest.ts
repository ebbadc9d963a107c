import { setTimeout as pause } from "node:timers/promises";
import { openDb } from "../../../src/db/client.ts";
import { startHubProcess } from "../hubProcess.ts";
import { atMost, type Part } from "../part.ts";
import { usageOf } from "../usage.ts";

const SETTLES_MS = 5_000;
const SECONDS = 20;
/** What is looked for by the second and by two; more would be a storm. */
const TRANSACTIONS_A_MINUTE = 1_000;

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
    const perMinute = (((await transactions()) - countBefore) * 60) / SECONDS;
    if (!before || !after) return [];
    const share = ((after.all.seconds - before.all.seconds) / SECONDS) * 100;
    return [
      {
        what: "at rest, % of a core, hub and PostgreSQL",
        figure: share,
        ...atMost(share, 1, " %"),
      },
      {
        what: "  transactions a minute",
        figure: perMinute,
        ...atMost(perMinute, TRANSACTIONS_A_MINUTE),
      },
      { what: "  MiB of memory, the hub's own process", figure: after.hub.rssMiB },
    ];
  },
};
