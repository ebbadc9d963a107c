import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseRefusal } from "../connection/refusal.ts";
import type { Cluster } from "./cluster.ts";
import { stopOrphan } from "./orphan.ts";
import { type Program, startProgram } from "./program.ts";
import { settings } from "./settings.ts";
import { watchOver } from "./watcher.ts";

export type Postmaster = {
  /** Resolves to how it ended. */
  ended: Promise<string>;
  /** Fast shutdown: open transactions are rolled back, committed ones are on disk. */
  stop(): Promise<unknown>;
};

/** How long remains of a killed server may delay a new one, in milliseconds. */
const PATIENCE_MS = 30_000;
const RETRY_MS = 200;
const LOOK_EVERY_MS = 10;
const FAST_SHUTDOWN_MS = 20_000;

// Right after a kill the process is not yet reaped, its backends are still ending, and its port is still in use.
const passing = /already exists|still in use|address already in use/i;

/**
 * Starts PostgreSQL, with crash recovery if needed, and resolves when it accepts connections. Throws DatabaseRefusal if
 * it cannot start or `signal` aborts first.
 */
export async function startPostmaster(
  cluster: Cluster,
  port: number,
  signal: AbortSignal,
  onBegun?: () => void,
): Promise<Postmaster> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  await stopOrphan(cluster.dir);
  for (;;) {
    const program = startProgram("postgres", cluster, settings(port));
    const postmaster = guard(program, cluster);
    onBegun?.();
    if (await becomesReady(program, cluster.dir, signal)) return postmaster;
    await postmaster.stop();
    const words = await program.words();
    if (signal.aborted || !passing.test(words) || Date.now() > giveUpAt) {
      throw new DatabaseRefusal(`PostgreSQL did not start in ${cluster.dir}: ${words}`);
    }
    await delay(RETRY_MS);
  }
}

function guard({ child, ended }: Program, { owner }: Cluster): Postmaster {
  const watcher = child.pid ? watchOver(child.pid, owner) : undefined;
  return {
    ended: ended.finally(() => watcher?.[Symbol.dispose]()),
    stop() {
      child.kill("SIGINT");
      const impatience = setTimeout(() => child.kill("SIGQUIT"), FAST_SHUTDOWN_MS);
      return ended.finally(() => clearTimeout(impatience));
    },
  };
}

/** PostgreSQL writes its state into line eight of its pid file. Recovery may take any time. */
async function becomesReady({ child }: Program, dir: string, signal: AbortSignal) {
  while (child.exitCode === null && child.signalCode === null && !signal.aborted) {
    const lines = (await readFile(join(dir, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
    if (lines[0] === String(child.pid) && lines[7]?.startsWith("ready")) return true;
    await delay(LOOK_EVERY_MS);
  }
  return false;
}
