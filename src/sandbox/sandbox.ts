import { ProgramStopped, type Programs, programLimits } from "../domain/program/programs.ts";
import { TemplateFailure } from "../domain/template/templateFailure.ts";
import { Overloaded } from "../util/overloaded.ts";
import { UserError } from "../util/userError.ts";
import type { SerializedError, TaskRequest, TaskResult } from "./message.ts";
import { createProgramShare, type ProgramShare } from "./programShare.ts";
import { type SandboxProcess, startSandboxProcess } from "./sandboxProcess.ts";

/** With two processes, one project's long program leaves one to the others. */
const PROCESSES = 2;
/** Per project. */
const MAX_WAITING = 100;
/** Shorter than a request may last, so that the caller gets this error rather than a timeout. */
const MAX_WAIT_MS = 5_000;
/** Charged for a process that had to be killed, because a new one has to start. */
const RESTART_MS = 250;
const IDLE_MS = 60_000;

type Job = {
  request: TaskRequest;
  /** `performance.now()` by which it must begin; otherwise it is rejected. */
  beginsBy: number;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
};
type ProjectQueue = { jobs: Job[]; share: ProgramShare; isRunning: boolean };

/**
 * The sandbox of this process: programs of one project run one at a time, projects take turns, and each has a share of
 * processor time. Its processes start when first needed and end after a minute without work.
 */
export function createSandbox(): Programs & Disposable {
  const projects = new Map<string, ProjectQueue>();
  const idle: SandboxProcess[] = [];
  const busy = new Set<SandboxProcess>();
  let running = 0;
  let timer: NodeJS.Timeout | undefined;
  let ending: NodeJS.Timeout | undefined;

  async function runOne(queue: ProjectQueue, job: Job) {
    running += 1;
    queue.isRunning = true;
    let process: SandboxProcess | undefined;
    try {
      process = takeIdle() ?? (await startSandboxProcess());
      busy.add(process);
      const taskResult = await process.run(job.request);
      idle.push(process);
      queue.share.spend(taskResult.cpuMs);
      settle(job, taskResult);
    } catch (error) {
      process?.end();
      queue.share.spend(programLimits.cpuMs + RESTART_MS);
      job.reject(error);
    } finally {
      if (process) busy.delete(process);
      queue.isRunning = false;
      running -= 1;
      schedule();
    }
  }

  /** Starts every job that may start, one project after the other, and schedules the next check. */
  function schedule() {
    clearTimeout(timer);
    let soonest = Number.POSITIVE_INFINITY;
    for (const [projectId, queue] of [...projects]) {
      rejectExpired(queue);
      if (queue.jobs.length === 0 && !queue.isRunning && queue.share.isWhole())
        projects.delete(projectId);
      if (queue.isRunning || queue.jobs.length === 0) continue;
      const waitMs = queue.share.waitMs();
      if (running < PROCESSES && waitMs === 0) {
        // Moves the project behind the others.
        projects.delete(projectId);
        projects.set(projectId, queue);
        const job = queue.jobs.shift();
        if (job) void runOne(queue, job);
      } else if (waitMs > 0) soonest = Math.min(soonest, waitMs);
    }
    if (projects.size > 0)
      timer = setTimeout(schedule, Math.min(Math.max(soonest, 5), 1_000)).unref();
    clearTimeout(ending);
    ending = setTimeout(endIdle, IDLE_MS).unref();
  }

  function takeIdle(): SandboxProcess | undefined {
    const process = idle.pop();
    return process === undefined || process.isAlive() ? process : takeIdle();
  }

  function endIdle() {
    for (const process of idle.splice(0)) process.end();
  }

  return {
    run: (projectId, name, input, patience) =>
      new Promise((resolve, reject) => {
        if (patience?.until.aborted) return reject(patience.until.reason);
        const queue = projects.get(projectId) ?? {
          jobs: [],
          share: createProgramShare(),
          isRunning: false,
        };
        if (!patience && queue.jobs.length >= MAX_WAITING) return reject(shareExceeded(queue));
        projects.set(projectId, queue);
        const beginsBy = patience ? Number.POSITIVE_INFINITY : performance.now() + MAX_WAIT_MS;
        const settled =
          <Value>(settle: (value: Value) => void) =>
          (value: Value) => {
            patience?.until.removeEventListener("abort", leave);
            settle(value);
          };
        const job: Job = {
          request: { name, input },
          beginsBy,
          resolve: settled(resolve as (result: unknown) => void),
          reject: settled(reject),
        };
        const leave = () => {
          queue.jobs = queue.jobs.filter((waiting) => waiting !== job);
          job.reject(patience?.until.reason);
        };
        patience?.until.addEventListener("abort", leave);
        queue.jobs.push(job);
        schedule();
      }),
    [Symbol.dispose]() {
      clearTimeout(timer);
      clearTimeout(ending);
      // Nobody waits any more: what is left is background work, which other processes find again.
      for (const queue of projects.values()) queue.jobs = [];
      endIdle();
      for (const process of busy) process.end();
    },
  };
}

function rejectExpired(queue: ProjectQueue) {
  const now = performance.now();
  const expired = queue.jobs.filter(({ beginsBy }) => beginsBy < now);
  if (expired.length === 0) return;
  queue.jobs = queue.jobs.filter(({ beginsBy }) => beginsBy >= now);
  for (const { reject } of expired) reject(shareExceeded(queue));
}

const shareExceeded = ({ share }: ProjectQueue) =>
  new Overloaded(
    "the project's filters, templates and schemas have used up its share of processor time: try again later",
    Math.max(1, Math.ceil(share.waitMs() / 1_000)),
  );

function settle({ resolve, reject }: Job, taskResult: TaskResult) {
  if ("thrown" in taskResult) reject(deserializeError(taskResult.thrown));
  else resolve(taskResult.result);
}

function deserializeError({ name, message, stack, entries }: SerializedError): Error {
  if (name === "UserError" && Array.isArray(entries)) return new UserError(entries);
  if (name === "TemplateFailure") return new TemplateFailure(message);
  if (name === "ProgramStopped") return new ProgramStopped(message);
  return Object.assign(new Error(message), { name, ...(stack && { stack }) });
}
