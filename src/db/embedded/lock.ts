import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DatabaseRefusal } from "../connection/refusal.ts";

const TRY_EVERY_MS = 20;
/** macOS locks a file while it opens it; Node.js has no name for this flag. */
const O_EXLOCK = 0x20;

/**
 * Locks a data directory for this process; undefined if another holds it for longer than `patienceMs`. The kernel
 * releases the lock when its holder dies, whatever the cause, and it works across containers that share the directory,
 * where pids and sockets do not help.
 */
export async function lockDirectory(
  dataDir: string,
  patienceMs = 0,
): Promise<Disposable | undefined> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const file = openLocked(join(dataDir, "lock"));
    if (file !== undefined) return { [Symbol.dispose]: () => closeSync(file) };
    if (performance.now() >= giveUpAt) return undefined;
    await pause(TRY_EVERY_MS);
  }
}

const openLocked = process.platform === "darwin" ? openLockedOnMac : openLockedByCommand;

/** The lock belongs to the open file, which the command shares with this process: it stays when the command ends. */
function openLockedByCommand(path: string): number | undefined {
  const file = openSync(path, "a", 0o600);
  const { status, error, stderr } = spawnSync("flock", ["-n", "3"], {
    stdio: ["ignore", "ignore", "pipe", file],
    encoding: "utf8",
  });
  if (status === 0) return file;
  closeSync(file);
  if (status === 1 && stderr === "") return undefined;
  const why = error?.message ?? stderr.trim();
  throw new DatabaseRefusal(
    `The data directory cannot be locked (${why}): install the command flock (package util-linux), or set DATABASE_URL to a PostgreSQL 15 or newer.`,
  );
}

function openLockedOnMac(path: string): number | undefined {
  const { O_RDWR, O_CREAT, O_NONBLOCK } = constants;
  try {
    return openSync(path, O_RDWR | O_CREAT | O_NONBLOCK | O_EXLOCK, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined;
    throw error;
  }
}
