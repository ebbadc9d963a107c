/** Work that waits, by project: projects take turns, so that one that has very much holds up no other. */
export type ProjectTurns = {
  /** Adds ids of a project's things to be worked on; what waits already, or is worked on, is not added again. */
  add(projectId: string, ids: string[]): void;
  /** Begins nothing more, and resolves when what has begun has ended. */
  stop(): Promise<void>;
};

/** What is beyond this is found again from the tables. */
const MAX_WAITING = 20_000;

/** `work` is called with some ids of one project, never twice at once for the same project; it must not throw. */
export function createProjectTurns(
  { atOnce, parallel }: { atOnce: number; parallel: number },
  work: (projectId: string, ids: string[]) => Promise<void>,
): ProjectTurns {
  const waiting = new Map<string, Set<string>>();
  const running = new Map<string, { ids: Set<string>; turn: Promise<void> }>();
  let isStopped = false;

  function start() {
    for (const [projectId, ids] of waiting) {
      if (isStopped || running.size >= parallel) return;
      if (running.has(projectId)) continue;
      const some = [...ids].slice(0, atOnce);
      for (const id of some) ids.delete(id);
      waiting.delete(projectId);
      if (ids.size > 0) waiting.set(projectId, ids);
      const turn = work(projectId, some).finally(() => {
        running.delete(projectId);
        start();
      });
      running.set(projectId, { ids: new Set(some), turn });
    }
  }

  return {
    add(projectId, ids) {
      const known = waiting.get(projectId) ?? new Set();
      const busy = running.get(projectId)?.ids;
      for (const id of ids) if (known.size < MAX_WAITING && !busy?.has(id)) known.add(id);
      if (known.size > 0) waiting.set(projectId, known);
      start();
    },
    async stop() {
      isStopped = true;
      waiting.clear();
      await Promise.all([...running.values()].map(({ turn }) => turn));
    },
  };
}
