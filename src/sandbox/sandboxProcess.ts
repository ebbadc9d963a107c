import { type ChildProcess, fork } from "node:child_process";
import module from "node:module";
import { constants, setPriority } from "node:os";
import { extname, join } from "node:path";
import { ProgramStopped, programLimits } from "../domain/program/programs.ts";
import { cpuMsOf } from "./cpuMsOf.ts";
import type { TaskRequest, TaskResult } from "./message.ts";

/** A process that runs one task at a time. It is killed when `run` throws. */
export type SandboxProcess = {
  run(request: TaskRequest): Promise<TaskResult>;
  /** False once it has ended; an idle process may also be killed from outside. */
  isAlive(): boolean;
  end(): void;
};

/** Beside this file, among the sources (.ts) as well as compiled (.js). */
const entry = join(import.meta.dirname, `child${extname(import.meta.filename)}`);
/** On a machine so busy that a program gets no processor time, this ends the wait. */
const MAX_WAIT_MS = 20_000;

/**
 * A process, not a thread: V8 ends the whole process when one large allocation (`split`, `join`) passes the heap limit
 * of a worker thread [measured: exit code 134]. A thread would take the hub with it.
 */
export async function startSandboxProcess(): Promise<SandboxProcess> {
  const child = fork(entry, [module.getCompileCacheDir?.() ?? ""], {
    execArgv: [`--max-old-space-size=${programLimits.heapMb}`, "--max-semi-space-size=4"],
    env: {},
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.on("error", reject);
    // No program is at fault: callers retry, as when the system has no room for a process.
    const failed = Object.assign(new Error("the sandbox process did not start"), {
      code: "EAGAIN",
    });
    child.once("exit", () => reject(failed));
  });
  // The hub and PostgreSQL have priority; programs use what is left of the processor.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  // An idle sandbox does not keep the hub alive.
  child.unref();
  child.channel?.unref();
  return {
    run: (request) => run(child, request),
    isAlive: () => child.connected && child.exitCode === null && child.signalCode === null,
    end: () => child.kill("SIGKILL"),
  };
}

async function run(child: ChildProcess, request: TaskRequest): Promise<TaskResult> {
  const settled = new AbortController();
  const stopped = (why: string) => new ProgramStopped(why);
  const pid = child.pid ?? 0;
  const begunAt = performance.now();
  const begunCpu = cpuMsOf(pid);
  try {
    return await new Promise<TaskResult>((resolve, reject) => {
      const { signal } = settled;
      let isLate = false;
      const limit = (after: number) => {
        const timer = setTimeout(() => {
          const waited = performance.now() - begunAt;
          const used = begunCpu === undefined ? waited : (cpuMsOf(pid) ?? waited) - begunCpu;
          const left = programLimits.cpuMs - used;
          if (left > 0 && waited < MAX_WAIT_MS) return limit(Math.max(left, 10));
          isLate = true;
          child.kill("SIGKILL");
        }, after);
        signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
      };
      const onMessage = (taskResult: TaskResult) => resolve(taskResult);
      const onExit = (_code: number | null, signal: NodeJS.Signals | null) => {
        if (isLate) reject(stopped(`took longer than ${programLimits.cpuMs} ms of processor time`));
        // V8 aborts at its heap limit. SIGKILL came from outside, so the program is not at fault.
        else if (signal === "SIGKILL") reject(new Error("the sandbox process was killed"));
        else reject(stopped(`took more than ${programLimits.heapMb} MiB of memory`));
      };
      child.once("message", onMessage).once("exit", onExit);
      signal.addEventListener("abort", () => {
        child.off("message", onMessage).off("exit", onExit);
      });
      limit(programLimits.cpuMs);
      child.send(request, (error) => {
        if (!error) return;
        child.kill("SIGKILL");
        reject(error);
      });
    });
  } finally {
    settled.abort();
  }
}
