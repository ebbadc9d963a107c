import { startHubProcess } from "../hubProcess.ts";
import { concurrently, perSecond, spread } from "../measure.ts";
import { emit, pad, register } from "../operations.ts";
import { send, TYPE } from "../parts/delivered.ts";
import { memoryOf } from "../usage.ts";
import type { Measurement } from "./measurement.ts";
import { spentOn } from "./spent.ts";

const SINGLES = 12_000;
const BATCHED = 20_000;
/** A process of few events is not what it is later. */
const LEAST = 4_000;
const WARM = 3_000;
const CALLERS = 64;

/** As many events as two cores can take: rates, processor time and memory. */
export const load: Measurement = {
  rounds: 3,
  async measure({ target, raw, scale }, checkout) {
    await using hub = await startHubProcess(checkout);
    await register(hub, target.url, TYPE);
    const one = () => emit(hub, { type: TYPE, data: { pad } });
    await concurrently(WARM, CALLERS, one);
    await target.until(WARM);
    await send(hub, target, WARM);

    const singles = Math.max(LEAST, SINGLES * scale);
    await target.reset();
    let took: number[] = [];
    let accepted = 0;
    let delivered = 0;
    const ofSingles = await spentOn(hub.pid, singles, async () => {
      delivered = await perSecond(singles, async () => {
        accepted = await perSecond(singles, async () => {
          took = await concurrently(singles, CALLERS, one);
        });
        await target.until(singles);
      });
    });
    const { p50, p99 } = spread(took);

    const batched = Math.max(LEAST, BATCHED * scale);
    let inBatches = 0;
    const ofBatched = await spentOn(hub.pid, batched, async () => {
      inBatches = await perSecond(batched, () => send(hub, target, batched));
    });
    const { peak } = await memoryOf(hub.pid);
    return [
      { what: "single emits accepted a second, 64 callers", value: accepted, least: 5_500 },
      { what: "  delivered a second", value: delivered, least: 5_500 },
      { what: "  answered within, ms: p50", value: p50 },
      { what: "  p99", value: p99 },
      { what: "  processor of an event, ms", value: ofSingles.both, most: 0.3 },
      { what: "  of it the hub's, µs", value: ofSingles.hub * 1_000 },
      { what: "  of it PostgreSQL's, µs", value: ofSingles.postgres * 1_000 },
      { what: "delivered a second, batches of 500", value: inBatches, least: 9_000 },
      { what: "  divided by R", value: inBatches / raw, least: 0.5 },
      { what: "  processor of an event, µs: the hub's", value: ofBatched.hub * 1_000, most: 120 },
      { what: "  PostgreSQL's", value: ofBatched.postgres * 1_000, most: 90 },
      { what: "memory of the hub, its peak under this load, MiB", value: peak, most: 200 },
    ];
  },
};
