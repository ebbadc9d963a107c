import { type BenchHub, startHubProcess } from "../hubProcess.ts";
import { concurrently, perSecond } from "../measure.ts";
import { naivePairs } from "../naive/pairs.ts";
import { emitBatch, pad, register } from "../operations.ts";
import { atLeast, type Part } from "../part.ts";
import type { BenchReceiver } from "../receiverProcess.ts";
import { usageOf } from "../usage.ts";

const COUNT = 20_000;
const WARM = 4_000;
const BATCH = 500;

/** What a hook that is to receive them takes. */
export const TYPE = "bench.deliver";

/** Emits so many, and waits until the receiver has them. */
export async function send(hub: BenchHub, target: BenchReceiver, count: number): Promise<void> {
  await target.reset();
  const input = { type: TYPE, data: { pad } };
  await concurrently(count / BATCH, 2, () => emitBatch(hub, BATCH, input));
  await target.until(count);
}

/** From emit to the receiver's answer, all durable; beside it what a job queue and fetch do with as much care. */
export const delivered: Part = {
  name: "delivered",
  async measure({ target, raw }) {
    const naive = await naivePairs(target, COUNT);
    await using hub = await startHubProcess();
    await register(hub, target.url, TYPE);
    await send(hub, target, WARM);
    const before = await usageOf(hub.pid);
    const rate = await perSecond(COUNT, () => send(hub, target, COUNT));
    const after = await usageOf(hub.pid);
    const seconds = (after?.all.seconds ?? 0) - (before?.all.seconds ?? 0);
    const best = Math.max(...naive.map((pair) => pair.rate));
    return [
      ...naive.map((pair) => ({
        what: `naive pair: ${pair.name}, a job each and fetch, a second`,
        figure: pair.rate,
        ratio: pair.rate / raw,
      })),
      {
        what: "delivered a second, end to end (20,000 events, batches of 500)",
        figure: rate,
        ratio: rate / raw,
        ...atLeast(rate / raw, 0.3, " R"),
      },
      {
        what: "  times the better naive pair",
        figure: rate / best,
        unit: " ×",
        ...atLeast(rate / best, 4, " ×"),
      },
      ...(seconds > 0
        ? [
            {
              what: "  a second and core of hub and PostgreSQL",
              figure: COUNT / seconds,
              ratio: COUNT / seconds / raw,
            },
          ]
        : []),
    ];
  },
};
