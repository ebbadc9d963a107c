import { startHubProcess } from "../hubProcess.ts";
import { spread } from "../measure.ts";
import { emitBatch, pad, register } from "../operations.ts";
import type { Part } from "../part.ts";

const TYPE = "bench.order";
const COUNT = 400;
const WARM = 50;

/** How soon the next delivery of a key follows the answer to the one before. */
export const order: Part = {
  name: "order",
  async measure({ target }) {
    await using hub = await startHubProcess();
    await register(hub, target.url, TYPE, { orderBy: "event.data.key" });
    const send = async (count: number) => {
      await target.reset();
      await emitBatch(hub, count, { type: TYPE, data: { key: "one", pad } });
      await target.until(count);
    };
    await send(WARM);
    await send(COUNT);
    const figure = spread(await target.gaps());
    return [
      {
        what: "deliveries of one key, ms from an answer to the next call: p50 / p95 / p99 / max",
        figure,
        aim: "≤ 20 p50",
        isMet: figure.p50 <= 20,
      },
    ];
  },
};
