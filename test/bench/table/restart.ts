import { setTimeout as pause } from "node:timers/promises";
import { startHubProcess } from "../hubProcess.ts";
import { concurrently, median } from "../measure.ts";
import { emit, pad, register } from "../operations.ts";
import { TYPE } from "../parts/delivered.ts";
import type { Measurement } from "./measurement.ts";

const KILLS = 5;
const BUSY_MS = 1_000;
/** More than it does before it is killed. */
const EVENTS = 50_000;

/** Killed at work, and started again: from the start of its process to its first answer. */
export const restart: Measurement = {
  rounds: 1,
  async measure({ target, scale }, checkout) {
    await using hub = await startHubProcess(checkout);
    await register(hub, target.url, TYPE);
    const took: number[] = [];
    for (let kill = 0; kill < Math.max(3, KILLS * scale); kill++) {
      let isKilled = false;
      const working = concurrently(EVENTS, 8, async () => {
        if (!isKilled) await emit(hub, { type: TYPE, data: { pad } });
      }).catch(() => {});
      await pause(BUSY_MS);
      isKilled = true;
      await hub.kill();
      await working;
      const at = performance.now();
      await hub.start();
      took.push(performance.now() - at);
    }
    return [{ what: "ready again after kill -9, ms", value: median(took), most: 500 }];
  },
};
