import type { BenchHub } from "../hubProcess.ts";
import { type Spread, spread } from "../measure.ts";
import type { Question } from "./queries.ts";

/** How a question was answered: how long it took each time, in milliseconds, and how it was asked the slowest time. */
export type Answer = {
  name: string;
  ms: Spread;
  calls: number;
  slowest: string;
  /** What was answered in place of data, when that happened. */
  error: string | null;
};

const CALLS = 40;
/** The first calls of a new process pay for what it learns once. */
const WARM = 3;
/** A question that takes this long together is not asked any further. */
const ENOUGH_MS = 6_000;

/** Asks so many times, one after the other, with other arguments each time. */
async function askOne(hub: BenchHub, { name, query }: Question): Promise<Answer> {
  const took: number[] = [];
  let slowest = query(0);
  let error: string | null = null;
  const start = performance.now();
  for (let index = -WARM; index < CALLS; index++) {
    const text = query(Math.abs(index));
    const at = performance.now();
    await hub.run(text).catch((reason: Error) => {
      error = reason.message;
    });
    const ms = performance.now() - at;
    if (index < 0 && ms < ENOUGH_MS / CALLS) continue;
    if (ms >= Math.max(0, ...took)) slowest = text;
    took.push(ms);
    if (performance.now() - start > ENOUGH_MS) break;
  }
  return { name, ms: spread(took), calls: took.length, slowest, error };
}

/** Asks all questions, and gives back their answers, slowest first. */
export async function ask(hub: BenchHub, questions: Question[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const question of questions) answers.push(await askOne(hub, question));
  return answers.sort((a, b) => b.ms.p99 - a.ms.p99);
}
