import { spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type OwnDirectory = AsyncDisposable & {
  readonly path: string;
  /** A process that works in it, to be ended first should this one die. */
  holds(pid: number): void;
};

/**
 * A new directory that goes with this process, however it ends: it can hold many GB. A shell waits on a pipe; told "done"
 * it only removes the directory, and when the pipe breaks it ends the processes that have it in their environment before.
 */
export async function ownDirectory(): Promise<OwnDirectory> {
  const path = await mkdtemp(join(tmpdir(), "signalbox-bench-"));
  const script = `while read -r word; do
      if [ "$word" = done ]; then pids=""; break; fi
      pids="$pids $word"
    done
    for pid in $pids; do
      grep -qsF "$1" "/proc/$pid/environ" && kill -KILL "$pid"
    done
    for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && break; sleep 1; done`;
  const shell = spawn("/bin/sh", ["-c", script, "remover", path], {
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  const ended = new Promise((resolve) => shell.once("exit", resolve));
  shell.unref();
  return {
    path,
    holds: (pid) => void shell.stdin.write(`${pid}\n`),
    async [Symbol.asyncDispose]() {
      shell.ref();
      shell.stdin.end("done\n");
      await ended;
    },
  };
}
