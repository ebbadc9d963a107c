import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseRefusal } from "../connection/refusal.ts";
import type { Cluster } from "./cluster.ts";
import { stopOrphan } from "./orphan.ts";
import { type Program, startProgram } from "./program.ts";
import { settings } from "./settings.ts";
import { watchOver } from "./watcher.ts";

/** A PostgreSQL that accepts connections. */
export type Postmaster = {
  /** Resolves when it has ended, to how. */
  ended: Promise<string>;
  /** Fast shutdown: open transactions are rolled back, all others are on disk. */
  stop(): Promise<unknown>;
};

/** How long what a killed server has left may keep a new one from starting, in milliseconds. */
const PATIENCE_MS = 30_000;
const RETRY_MS = 200;
const LOOK_EVERY_MS = 10;
const FAST_SHUTDOWN_MS = 20_000;

// Right after a kill the process is not yet reaped, its backends are still leaving, its port is not yet free.
const passing = /already exists|still in use|address already in use/i;

/**
 * Starts PostgreSQL, after a crash too, and resolves when it accepts connections. Throws DatabaseRefusal when it
 * cannot start, or when `signal` says stop first.
 */
export async function startPostmaster(
  cluster: Cluster,
  port: number,
  signal: AbortSignal,
): Promise<Postmaster> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  await stopOrphan(cluster.dir);
  for (;;) {
    const program = startProgram("postgres", cluster, settings(port));
    const postmaster = guard(program, cluster);
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

/** PostgreSQL writes its state into the eighth line of its pid file; recovery may take as long as it takes. */
async function becomesReady({ child }: Program, dir: string, signal: AbortSignal) {
  while (child.exitCode === null && child.signalCode === null && !signal.aborted) {
    const lines = (await readFile(join(dir, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
    if (lines[0] === String(child.pid) && lines[7]?.startsWith("ready")) return true;
    await delay(LOOK_EVERY_MS);
  }
  return false;
}
