import { type BenchHub, startHubProcess } from "../hubProcess.ts";
import { concurrently } from "../measure.ts";
import { emit, pad, register } from "../operations.ts";
import { atMost, type Line, type Part } from "../part.ts";
import type { BenchReceiver } from "../receiverProcess.ts";

const REGISTERING = 32;

async function one(hub: BenchHub, target: BenchReceiver, hooks: number): Promise<Line[]> {
  const type = `bench.fan.${hooks}`;
  await concurrently(hooks, REGISTERING, () =>
    register(hub, target.url, type, { maxInFlight: 16 }),
  );
  // The first pays for what a process learns once.
  for (const isWarm of [false, true]) {
    await target.reset();
    const at = performance.now();
    await emit(hub, { type, data: { pad } });
    const accepted = performance.now() - at;
    await target.until(hooks);
    const sent = performance.now() - at;
    const isAimed = hooks === 10_000;
    if (isWarm)
      return [
        {
          what: `one event for ${hooks} hooks: ms to accept`,
          figure: accepted,
          ...(isAimed && atMost(accepted, 250, " ms")),
        },
        {
          what: "  ms to the last delivery",
          figure: sent,
          ...(isAimed && atMost(sent, 5_000, " ms")),
        },
      ];
  }
  return [];
}

/** One event for very many. */
export const fanOut: Part = {
  name: "fan-out",
  async measure({ target }) {
    await using hub = await startHubProcess();
    const lines: Line[] = [];
    for (const hooks of [1, 100, 1_000, 10_000]) lines.push(...(await one(hub, target, hooks)));
    return lines;
  },
};
