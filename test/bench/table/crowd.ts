import { setTimeout as pause } from "node:timers/promises";
import { type BenchHub, startHubProcess } from "../hubProcess.ts";
import { concurrently, median } from "../measure.ts";
import { emit, pad, register } from "../operations.ts";
import type { Bench } from "../part.ts";
import type { Figure, Measurement } from "./measurement.ts";

const REGISTERING = 32;
/** Until the hub has written down what it has sent. */
const SETTLES_MS = 500;

/** Few hooks have been there from the start; those that make them many come after. */
const FEW = 1_000;
const MANY = 10_000;
const EVENTS = 4;

type Aims = { accepted?: number; last?: number };

const typeOf = (hooks: number) => `bench.crowd.${hooks}`;

async function one(
  hub: BenchHub,
  hooks: number,
  { target, scale }: Bench,
  aims: Aims,
): Promise<Figure[]> {
  const took: { accepted: number; last: number }[] = [];
  // The first pays for what a process learns once.
  for (let index = 0; index <= Math.ceil(EVENTS * scale); index++) {
    await target.reset();
    await pause(SETTLES_MS);
    const at = performance.now();
    await emit(hub, { type: typeOf(hooks), data: { pad } });
    const accepted = performance.now() - at;
    await target.until(hooks);
    if (index > 0) took.push({ accepted, last: performance.now() - at });
  }
  return [
    {
      what: `one event to ${hooks} hooks: accepted, ms`,
      value: median(took.map(({ accepted }) => accepted)),
      ...(aims.accepted && { most: aims.accepted }),
    },
    {
      what: "  last delivered, ms",
      value: median(took.map(({ last }) => last)),
      ...(aims.last && { most: aims.last }),
    },
  ];
}

/** One event for very many. A hook takes the hub milliseconds to register, so small scales have fewer. */
export const crowd: Measurement = {
  rounds: 1,
  async measure(bench, checkout) {
    const { target, scale } = bench;
    await using hub = await startHubProcess(checkout);
    const many = Math.max(FEW + 1, MANY * scale);
    const add = (count: number, types: string[]) =>
      concurrently(count, REGISTERING, () =>
        register(hub, target.url, typeOf(many), { types, maxInFlight: 16 }),
      );
    await add(FEW, [typeOf(FEW), typeOf(many)]);
    const few = await one(hub, FEW, bench, { accepted: 10, last: 80 });
    await add(many - FEW, [typeOf(many)]);
    return [...few, ...(await one(hub, many, bench, many === MANY ? { last: 1_000 } : {}))];
  },
};
