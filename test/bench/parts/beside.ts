import { execFileSync } from "node:child_process";
import { type HubOptions, startHubProcess } from "../hubProcess.ts";
import { concurrently, perSecond, spread } from "../measure.ts";
import { emit, pad, register } from "../operations.ts";
import { atLeast, type Bench, type Line, type Part } from "../part.ts";
import { usageOf } from "../usage.ts";
import { send, TYPE } from "./delivered.ts";

const ROUNDS = 3;
const SINGLES = 8_000;
const BATCHED = 10_000;
const WARM = 2_000;
const EMITTERS = 64;

type Figures = { singles: number; p50: number; p99: number; delivered: number; cpuMs: number };

const middle = (numbers: number[]) =>
  numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** One hub of one checkout: single emits with a filter and their deliveries, then batches to their end. */
async function once({ target }: Bench, options: HubOptions): Promise<Figures> {
  await using hub = await startHubProcess(options);
  await register(hub, target.url, TYPE, { filter: 'event.data.pad.startsWith("y")' });
  await send(hub, target, WARM);
  await target.reset();
  const before = await usageOf(hub.pid);
  let took: number[] = [];
  const singles = await perSecond(SINGLES, async () => {
    took = await concurrently(SINGLES, EMITTERS, () => emit(hub, { type: TYPE, data: { pad } }));
  });
  await target.until(SINGLES);
  const after = await usageOf(hub.pid);
  const seconds = (after?.all.seconds ?? 0) - (before?.all.seconds ?? 0);
  const { p50, p99 } = spread(took);
  const delivered = await perSecond(BATCHED, () => send(hub, target, BATCHED));
  return { singles, p50, p99, delivered, cpuMs: (seconds * 1_000) / SINGLES };
}

/**
 * Another checkout beside this one, in turns in one run: `npm run bench -- beside --beside=../before`. Each round has
 * a new hub of each; the figures are the middle ones, this one divided by the other.
 */
export const beside = (home: string | undefined): Part => ({
  name: "beside",
  async measure(bench): Promise<Line[]> {
    if (home === undefined) throw new Error("say which other checkout: --beside=DIRECTORY");
    const commit = execFileSync("git", ["-C", home, "rev-parse", "--short", "HEAD"], {
      encoding: "utf8",
    }).trim();
    const mine: Figures[] = [];
    const others: Figures[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      others.push(await once(bench, { home }));
      mine.push(await once(bench, {}));
    }
    const line = (what: string, key: keyof Figures, isRate: boolean): Line => {
      const [own, other] = [mine, others].map((rounds) => middle(rounds.map((one) => one[key])));
      const ratio = (own ?? 0) / (other ?? 1);
      return {
        what: `${what}: ${own?.toFixed(2)} now, ${other?.toFixed(2)} at ${commit}; now ÷ then`,
        figure: ratio,
        ...(isRate && atLeast(ratio, 0.95)),
      };
    };
    return [
      line("single emits a second, each delivered", "singles", true),
      line("  answered within, p50 in ms", "p50", false),
      line("  answered within, p99 in ms", "p99", false),
      line("  processor time of hub and PostgreSQL an event, ms", "cpuMs", false),
      line("delivered a second, batches of 500", "delivered", true),
    ];
  },
});
