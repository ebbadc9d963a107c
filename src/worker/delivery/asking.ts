import type { HookQueue } from "../../db/queue/jobs.ts";

/** Other workers are asked once in so long, for all hooks together. */
const EVERY_MS = 10;

/** Asks the other workers to look at hooks' queues that are more than this one's share, a moment's together. */
export function createAsking(askPeers: (queues: HookQueue[]) => void): (queue: HookQueue) => void {
  const wanted = new Map<string, HookQueue>();
  return ({ projectId, hookId }) => {
    if (wanted.size === 0)
      setTimeout(() => {
        const queues = [...wanted.values()];
        wanted.clear();
        askPeers(queues);
      }, EVERY_MS).unref();
    wanted.set(hookId, { projectId, hookId });
  };
}
