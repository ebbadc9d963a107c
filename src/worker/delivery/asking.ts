import type { HookQueue } from "../../db/queue/jobs.ts";

/** The interval for asking other workers, for all hooks together. */
const EVERY_MS = 10;

/** Asks other workers to look at queues with more due than this worker's share, batching requests of a short time. */
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
