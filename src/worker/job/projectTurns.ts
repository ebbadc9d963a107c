import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** Work that waits, by project: projects take turns, so that one that has very much holds up no other. */
export type ProjectTurns = {
  /** Adds ids of a project's things to be worked on; what waits already is not added again. */
  add(projectId: string, ids: string[]): void;
  /** Begins nothing more, aborts the signal, and resolves when what has begun has ended, or soon. */
  stop(): Promise<void>;
};

/** What is beyond this is found again from the tables. */
const MAX_WAITING = 20_000;
/** What waits for its project's share when the process is to stop is left to others. */
const GRACE_MS = 5_000;

/** `work` is called with some ids of one project, never twice at once for the same project; it must not throw. */
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
      // Those that are being worked on, too: what they are added for may have happened since they were read.
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
