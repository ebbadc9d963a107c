import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** Waiting work by project. Projects take turns, so that one with very much work does not delay the others. */
export type ProjectTurns = {
  /** Adds ids of a project's rows to work on; ids already waiting are not added again. */
  add(projectId: string, ids: string[]): void;
  /** Starts no more work, aborts the signal, and resolves when running work has ended, or after a short time. */
  stop(): Promise<void>;
};

/** The most ids waiting. The others are found again from the tables. */
const MAX_WAITING = 20_000;
/** At a stop, work that waits for its project's share is left to other processes. */
const GRACE_MS = 5_000;

/** Calls `work` with some ids of one project, never twice at once for a project. It must not throw. */
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
      // Ids being worked on are added, too: the reason may be newer than what their work has read.
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
