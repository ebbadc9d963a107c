import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../../../src/db/embedded/start.ts";
import { createLogger } from "../../../src/log.ts";
import type { BenchReceiver } from "../receiverProcess.ts";

const pairs = [
  ["graphile-worker", "graphileWorker.ts"],
  ["pg-boss", "pgBoss.ts"],
] as const;
const WARM = 1_000;

/**
 * What most teams would write first: a job for each delivery, and `fetch`, on the same durable PostgreSQL. Jobs are
 * added 500 at a time, as the hub's events are.
 */
export async function naivePairs(
  target: BenchReceiver,
  count: number,
): Promise<{ name: string; rate: number }[]> {
  const rates = [];
  for (const [name, file] of pairs) {
    const dataDir = await mkdtemp(join(tmpdir(), "signalbox-bench-"));
    await using database = await startEmbedded({ dataDir, log: createLogger("warn") });
    const child = fork(join(import.meta.dirname, file), [database.url, target.url]);
    await once(child, "message");
    const send = async (jobs: number) => {
      await target.reset();
      child.send({ jobs });
      await target.until(jobs);
    };
    await send(WARM);
    const at = performance.now();
    await send(count);
    rates.push({ name, rate: (count * 1_000) / (performance.now() - at) });
    child.kill();
    await once(child, "exit");
    await database[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  }
  return rates;
}
