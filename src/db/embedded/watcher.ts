import { spawn } from "node:child_process";
import type { Owner } from "./owner.ts";

/**
 * A shell that holds a pipe to this process and stops PostgreSQL (fast shutdown) when the pipe breaks: a hub that dies,
 * even by SIGKILL, leaves no server behind.
 */
export function watchOver(pid: number, owner: Owner): Disposable {
  const shell = spawn("/bin/sh", ["-c", 'read -r _; kill -INT "$1"', "watcher", String(pid)], {
    cwd: "/",
    env: {},
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    ...owner,
  });
  // Without a shell, the next start stops the orphan.
  shell.on("error", () => {});
  shell.stdin.on("error", () => {});
  shell.unref();
  return { [Symbol.dispose]: () => void shell.kill("SIGKILL") };
}
