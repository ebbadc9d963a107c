import { setTimeout as delay } from "node:timers/promises";
import type { Cluster } from "./cluster.ts";
import { startPostmaster } from "./postmaster.ts";

/** The logger functions used here. */
export type Log = Record<"info" | "warn" | "error", (message: string) => void>;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Starts PostgreSQL, and restarts it on the same port if it dies, until disposed of. */
export async function keepRunning(
  cluster: Cluster,
  port: number,
  log: Log,
  onBegun?: () => void,
): Promise<AsyncDisposable> {
  const stopping = new AbortController();
  const stopped = new Promise((resolve) => stopping.signal.addEventListener("abort", resolve));
  let postmaster = await startPostmaster(cluster, port, stopping.signal, onBegun);

  async function startAgain() {
    for (let pause = FIRST_PAUSE_MS; !stopping.signal.aborted; pause *= 2) {
      await Promise.race([delay(Math.min(pause, LONGEST_PAUSE_MS)), stopped]);
      try {
        postmaster = await startPostmaster(cluster, port, stopping.signal);
        return log.info("PostgreSQL runs again");
      } catch (error) {
        log.error(`PostgreSQL did not start again: ${error}`);
      }
    }
  }

  async function watch() {
    while (!stopping.signal.aborted) {
      const end = await Promise.race([postmaster.ended, stopped]);
      if (stopping.signal.aborted) break;
      log.warn(`PostgreSQL ended by itself (${end}); starting it again`);
      await startAgain();
    }
    await postmaster.stop();
  }

  const watching = watch();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await watching;
    },
  };
}
