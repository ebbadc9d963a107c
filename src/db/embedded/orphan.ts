import { execFile } from "node:child_process";
import { readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { DatabaseRefusal } from "../connection/refusal.ts";

const FAST_SHUTDOWN_MS = 20_000;
const LOOK_EVERY_MS = 20;

/**
 * Stops a server that a killed hub left on this cluster. The caller holds the lock of the data directory, so the server
 * is not in use. A pid file that names an unrelated process, as after a reboot or in a new container, is deleted:
 * otherwise PostgreSQL would take that process for a server and not start.
 */
export async function stopOrphan(dir: string): Promise<void> {
  const pidFile = join(dir, "postmaster.pid");
  const pid = Number.parseInt(await readFile(pidFile, "utf8").catch(() => ""), 10);
  if (!(pid > 0) || !isAlive(pid)) return;
  if (!(await serves(pid, dir))) return rm(pidFile, { force: true });
  for (const signal of ["SIGINT", "SIGQUIT"]) {
    process.kill(pid, signal);
    const giveUpAt = Date.now() + FAST_SHUTDOWN_MS;
    while (Date.now() < giveUpAt) {
      if (!(await serves(pid, dir))) return;
      await delay(LOOK_EVERY_MS);
    }
  }
  throw new DatabaseRefusal(
    `A PostgreSQL (pid ${pid}) holds ${dir} and does not stop: end it first.`,
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether a process is a server on this cluster: its working directory or one of its arguments is the cluster's. */
async function serves(pid: number, dir: string): Promise<boolean> {
  try {
    if (process.platform === "linux") return (await readlink(`/proc/${pid}/cwd`)) === dir;
    const ps = await promisify(execFile)("ps", ["-p", String(pid), "-o", "command="], { env: {} });
    return ps.stdout.includes(dir);
  } catch {
    return false;
  }
}
