import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "../../db/connection/client.ts";
import { continueReplay } from "../../domain/replay/continueReplay.ts";
import type { Logger } from "../../log.ts";
import { createProjectTurns, type ProjectTurns } from "./projectTurns.ts";

/** Projects in turn at the same time: one may wait for a lock. */
const PARALLEL = 4;
/** The part of the time that goes into chunks, of all projects together: the rest belongs to what happens now. */
const SHARE = 1 / 5;
/** The time until the next look if no hook has room. */
const LOOK_AGAIN_MS = 200;

/**
 * Continues replays and backfills a chunk at a time, with a pause after each. Those of one project take turns, and so do
 * projects. The reconciler finds lost ones again.
 */
export function createReplayTurns({ sql, log }: { sql: Pool; log: Logger }): ProjectTurns {
  const lastLooks = new Map<string, Date>();
  let running = 0;

  /** Takes a step and plans the next; false if there is none for this process. */
  async function step(projectId: string, id: string, signal: AbortSignal): Promise<boolean> {
    const startedAt = performance.now();
    const continued = await continueReplay(sql, projectId, id, lastLooks.get(id));
    if (!continued) return false;
    lastLooks.set(id, continued.lookedAt);
    if (continued.hasAdvanced) {
      const tookMs = performance.now() - startedAt;
      await delay(tookMs * (running / SHARE - 1), undefined, { signal }).catch(() => {});
      turns.add(projectId, [id]);
    } else setTimeout(() => turns.add(projectId, [id]), LOOK_AGAIN_MS).unref();
    return true;
  }

  const turns = createProjectTurns(
    { atOnce: 1, parallel: PARALLEL },
    async (projectId, [id = ""], signal) => {
      running++;
      try {
        if (!(await step(projectId, id, signal))) lastLooks.delete(id);
      } catch (error) {
        lastLooks.delete(id);
        log.warn({ err: error, projectId, replayId: id }, "could not continue a replay yet");
      } finally {
        running--;
      }
    },
  );
  return turns;
}
