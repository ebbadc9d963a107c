import { startHubProcess } from "../hubProcess.ts";
import { spread } from "../measure.ts";
import { atMost, type Part } from "../part.ts";

const STARTS = 5;

/** From the process's start to the answer to the first request. */
export const start: Part = {
  name: "start",
  async measure() {
    const at = performance.now();
    await using hub = await startHubProcess();
    const cold = performance.now() - at;
    const warm: number[] = [];
    for (let count = 0; count < STARTS; count++) {
      await hub.stop();
      const from = performance.now();
      await hub.start();
      warm.push(performance.now() - from);
    }
    const { p50 } = spread(warm);
    return [
      { what: "ready, ms: the first time, with a new database", figure: cold },
      { what: "  again, median of five", figure: p50, ...atMost(p50, 1_500, " ms") },
    ];
  },
};
