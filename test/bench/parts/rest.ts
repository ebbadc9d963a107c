import { setTimeout as pause } from "node:timers/promises";
import { startHubProcess } from "../hubProcess.ts";
import { atMost, type Part } from "../part.ts";
import { usageOf } from "../usage.ts";

const SETTLES_MS = 5_000;
const SECONDS = 20;

/** What a hub costs to which nothing happens. */
export const rest: Part = {
  name: "rest",
  async measure() {
    await using hub = await startHubProcess();
    await pause(SETTLES_MS);
    const before = await usageOf(hub.pid);
    await pause(SECONDS * 1_000);
    const after = await usageOf(hub.pid);
    if (!before || !after) return [];
    const share = ((after.all.seconds - before.all.seconds) / SECONDS) * 100;
    return [
      {
        what: "at rest, % of a core, hub and PostgreSQL",
        figure: share,
        ...atMost(share, 1, " %"),
      },
      { what: "  MiB of memory, the hub's own process", figure: after.hub.rssMiB },
    ];
  },
};
