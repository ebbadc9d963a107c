import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** Queued work by project. Projects take turns, so a project with much work delays no other. */
export type ProjectTurns = {
  /** Adds ids of a project to be worked on. Ids that already wait are not added again. */
  add(projectId: string, ids: string[]): void;
  /** Starts nothing more, aborts the signal, and resolves when the running work has ended, or after 5 s. */
  stop(): Promise<void>;
};

/** Work beyond this limit is found again from the tables. */
const MAX_WAITING = 20_000;
/** On a stop, work that is still running after this time is left to other processes. */
const GRACE_MS = 5_000;

/** `work` receives some ids of one project and never runs twice at once for the same project. It must not throw. */
export function createProjectTurns(
  { atOnce, parallel }: { atOnce: number; parallel: number },
  work: (projectId: string, ids: string[], signal: AbortSignal) => Promise<void>,
): ProjectTurns {
  const waiting = new Map<string, Set<string>>();
  const running = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);

  function start() {
    for (const [projectId, ids] of waiting) {
      if (stopping.signal.aborted || running.size >= parallel) return;
      if (running.has(projectId)) continue;
      const some = [...ids].slice(0, atOnce);
      for (const id of some) ids.delete(id);
      waiting.delete(projectId);
      if (ids.size > 0) waiting.set(projectId, ids);
      const turn = work(projectId, some, stopping.signal).finally(() => {
        running.delete(projectId);
        start();
      });
      running.set(projectId, turn);
    }
  }

  return {
    add(projectId, ids) {
      const known = waiting.get(projectId) ?? new Set();
      // Also adds ids that are being worked on: the change they are added for may have happened after they were read.
      for (const id of ids) if (known.size < MAX_WAITING) known.add(id);
      if (known.size > 0) waiting.set(projectId, known);
      start();
    },
    async stop() {
      stopping.abort();
      waiting.clear();
      await Promise.race([
        Promise.all(running.values()),
        delay(GRACE_MS, undefined, { ref: false }),
      ]);
    },
  };
}
