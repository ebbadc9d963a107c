import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Owner } from "./owner.ts";

/** A cluster's directory, its log, the binaries, and the account that runs them. */
export type Place = { dir: string; log: string; binaries: string; owner: Owner };

export type Program = {
  child: ChildProcess;
  /** Resolves to how it ended: "exit code 0" or "signal SIGKILL". */
  ended: Promise<string>;
  /** Its output to the log since its start. */
  words(): Promise<string>;
};

/**
 * Starts one of PostgreSQL's programs on a cluster, in its own process group, so that Ctrl-C only reaches the hub.
 * `extra` are file descriptors passed from number 3 on.
 */
export function startProgram(
  name: "initdb" | "postgres",
  { dir, log, binaries, owner }: Place,
  args: string[],
  { extra = [], env = {} }: { extra?: number[]; env?: Record<string, string> } = {},
): Program {
  // Node.js enters the working directory before it changes the account. This name makes it reachable below directories
  // that only root may enter.
  const named = owner && process.platform === "linux" ? "/proc/self/cwd" : dir;
  const output = openSync(log, "a", 0o600);
  try {
    const start = fstatSync(output).size;
    const child = spawn(join(binaries, name), ["-D", named, ...args], {
      cwd: dir,
      env: { LC_ALL: "C", ...env },
      stdio: ["ignore", "ignore", output, ...extra],
      detached: true,
      ...owner,
    });
    const ended = once(child, "exit").then(([code, signal]) =>
      signal ? `signal ${signal}` : `exit code ${code}`,
    );
    return { child, ended, words: () => readFrom(log, start) };
  } finally {
    closeSync(output);
  }
}

async function readFrom(path: string, start: number): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  const { buffer } = await file.read(Buffer.alloc(Math.max(0, size - start)), { position: start });
  return buffer.toString("utf8").trim();
}
