import type { Lane } from "../../db/queue/jobs.ts";

/** Other workers are asked once in so long, for all hooks together. */
const EVERY_MS = 10;

/** Asks the other workers to look at hooks' queues that are more than this one's share, a moment's together. */
export function createAsking(askPeers: (lanes: Lane[]) => void): (lane: Lane) => void {
  const wanted = new Map<string, Lane>();
  return ({ projectId, hookId }) => {
    if (wanted.size === 0)
      setTimeout(() => {
        const lanes = [...wanted.values()];
        wanted.clear();
        askPeers(lanes);
      }, EVERY_MS).unref();
    wanted.set(hookId, { projectId, hookId });
  };
}
