import type { HubOptions } from "../hubProcess.ts";
import { median } from "../measure.ts";
import type { Bench } from "../part.ts";
import { arrival } from "./arrival.ts";
import { crowd } from "./crowd.ts";
import { idle } from "./idle.ts";
import { life } from "./life.ts";
import { load } from "./load.ts";
import type { Figure, Measurement } from "./measurement.ts";
import { projects } from "./projects.ts";
import { restart } from "./restart.ts";

const measurements = [load, arrival, crowd, life, idle, restart, projects];

/** A figure of several checkouts, in their order. */
export type Compared = Omit<Figure, "value"> & { values: number[] };

const say = (text: string) => console.error(`  ${text}`);

/** All rounds of one measurement: of each checkout what each round gave. */
async function roundsOf(
  { measure, rounds, isQuiet }: Measurement,
  bench: Bench,
  checkouts: HubOptions[],
): Promise<Figure[][][]> {
  if (isQuiet) return await Promise.all(checkouts.map(async (one) => [await measure(bench, one)]));
  const found: Figure[][][] = checkouts.map(() => []);
  const turns = [...checkouts.entries()];
  for (let round = 0; round < Math.max(1, Math.round(rounds * bench.scale)); round++) {
    // Who was first is second in the next round.
    for (const [index, checkout] of round % 2 === 0 ? turns : turns.toReversed())
      found[index]?.push(await measure(bench, checkout));
  }
  return found;
}

/** Every figure that the hub has a target for, of each of these checkouts, in turns. */
export async function* compare(bench: Bench, checkouts: HubOptions[]): AsyncGenerator<Compared> {
  for (const measurement of measurements) {
    const at = performance.now();
    const found = await roundsOf(measurement, bench, checkouts);
    const first = found[0]?.[0] ?? [];
    for (const [index, { value: _, ...figure }] of first.entries()) {
      const of = (round: Figure[]) => round[index]?.value ?? Number.NaN;
      yield { ...figure, values: found.map((rounds) => median(rounds.map(of))) };
    }
    say(`${((performance.now() - at) / 1_000).toFixed(0)} s`);
  }
}
