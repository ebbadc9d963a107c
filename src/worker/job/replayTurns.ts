import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "../../db/connection/client.ts";
import { continueReplay } from "../../domain/replay/continueReplay.ts";
import type { Logger } from "../../log.ts";
import { createProjectTurns, type ProjectTurns } from "./projectTurns.ts";

/** Projects in turn at the same time, pauses included. */
const PARALLEL = 4;
/** A pause is so many times as long as the chunk took: most of the time belongs to what happens now. */
const PAUSE_FACTOR = 4;
/** The pause before the next look if no hook has room. */
const PAUSE_MS = 200;

/**
 * Continues replays and backfills a chunk at a time, with a pause after each. Those of one project take turns. The
 * reconciler finds lost ones again.
 */
export function createReplayTurns({ sql, log }: { sql: Pool; log: Logger }): ProjectTurns {
  const lastLooks = new Map<string, Date>();
  const turns = createProjectTurns(
    { atOnce: 1, parallel: PARALLEL },
    async (projectId, [id = ""], signal) => {
      const startedAt = performance.now();
      try {
        const step = await continueReplay(sql, projectId, id, lastLooks.get(id));
        if (!step) return void lastLooks.delete(id);
        lastLooks.set(id, step.lookedAt);
        const tookMs = performance.now() - startedAt;
        const pauseMs = step.hasAdvanced ? tookMs * PAUSE_FACTOR : PAUSE_MS;
        await delay(pauseMs, undefined, { signal }).catch(() => {});
        turns.add(projectId, [id]);
      } catch (error) {
        lastLooks.delete(id);
        log.warn(
          { err: error, projectId, replayId: id },
          "could not continue a replay, trying again",
        );
      }
    },
  );
  return turns;
}
