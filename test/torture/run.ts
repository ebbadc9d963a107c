import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createKit } from "./kit/kit.ts";
import type { Patch } from "./kit/patch.ts";
import { createRandom } from "./kit/random.ts";
import type { Server } from "./kit/server.ts";
import { Broken, CannotRun, type Counts, type Row } from "./row.ts";

export type Verdict = "passed" | "failed" | "not run";

/** What came of a row. `isBroken`: a promise did not hold, and not the suite itself. */
export type Result = {
  row: string;
  title: string;
  size: "full" | "smoke";
  seed: number;
  seconds: number;
  verdict: Verdict;
  reason: string | null;
  isBroken: boolean;
  counts: Counts;
};

/** Runs one row on a server; never throws. */
export async function runRow(
  row: Row,
  options: {
    server: Server;
    directory: string;
    isSmoke: boolean;
    seed: number;
    mutant?: Patch[];
  },
): Promise<Result> {
  const { server, isSmoke, seed, mutant = [] } = options;
  const startedAt = performance.now();
  const done = (
    verdict: Verdict,
    reason: string | null,
    counts: Counts,
    isBroken = false,
  ): Result => ({
    row: row.id,
    title: row.title,
    size: isSmoke ? "smoke" : "full",
    seed,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    verdict,
    reason,
    isBroken,
    counts,
  });
  const excuse = row.cannotRun?.() ?? null;
  if (excuse !== null) return done("not run", excuse, {});
  const directory = join(options.directory, `${row.id}-${seed}-${Math.round(startedAt)}`);
  await mkdir(directory, { recursive: true });
  try {
    await using stack = new AsyncDisposableStack();
    const random = createRandom(seed);
    const counts = await row.run(createKit({ server, stack, directory, isSmoke, random, mutant }));
    return done("passed", null, counts);
  } catch (error) {
    if (error instanceof CannotRun) return done("not run", error.message, {});
    const isBroken = error instanceof Broken;
    const reason = isBroken ? error.message : String((error as Error)?.stack ?? error);
    return done("failed", reason, {}, isBroken);
  }
}
