import { type BenchHub, startHubProcess } from "../hubProcess.ts";
import { atRate, concurrently, spread } from "../measure.ts";
import { emit, pad, register } from "../operations.ts";
import type { Bench } from "../part.ts";
import type { Figure, Measurement } from "./measurement.ts";
import { spentOn } from "./spent.ts";

const TYPE = "bench.arrival";
const SECONDS = 20;
const WARM = 2_000;
const WARM_SECONDS = 2;

/** What each rate is to reach. */
const aims: { rate: number; p50: number; p99: number; max?: number; processor?: number }[] = [
  { rate: 200, p50: 2.2, p99: 3.3, max: 20, processor: 2.2 },
  { rate: 50, p50: 3, p99: 4.4 },
];

async function at(
  { rate, ...aim }: (typeof aims)[number],
  hub: BenchHub,
  { target, scale }: Bench,
): Promise<Figure[]> {
  const seconds = Math.ceil(SECONDS * scale);
  const count = rate * seconds;
  // The clock is read before the request is made, whether or not earlier ones were answered.
  const one = () =>
    emit(hub, { type: TYPE, data: { sentAt: String(process.hrtime.bigint()), pad } });
  await target.reset();
  await atRate(rate, WARM_SECONDS, one);
  await target.until(rate * WARM_SECONDS);
  await target.reset();
  const spent = await spentOn(hub.pid, count, async () => {
    await atRate(rate, seconds, one);
    await target.until(count);
  });
  const { p50, p95, p99, max } = spread(await target.latencies());
  return [
    { what: `emit to receiver at ${rate}/s, ms: p50`, value: p50, most: aim.p50 },
    { what: "  p95", value: p95 },
    { what: "  p99", value: p99, most: aim.p99 },
    { what: "  max", value: max, ...(aim.max && { most: aim.max }) },
    {
      what: "  processor of an event, ms",
      value: spent.both,
      ...(aim.processor && { most: aim.processor }),
    },
    { what: "  of it the hub's", value: spent.hub },
  ];
}

/** How long an event that comes alone is on its way, and what it costs. */
export const arrival: Measurement = {
  rounds: 2,
  async measure(bench, checkout) {
    await using hub = await startHubProcess(checkout);
    await register(hub, bench.target.url, TYPE);
    await bench.target.reset();
    await concurrently(WARM, 8, () => emit(hub, { type: TYPE, data: { pad } }));
    await bench.target.until(WARM);
    const figures: Figure[] = [];
    for (const aim of aims) figures.push(...(await at(aim, hub, bench)));
    return figures;
  },
};
