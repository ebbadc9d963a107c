import type { HookQueue } from "../../db/queue/jobs.ts";
import type { RunAdvancer } from "../../domain/workflowRun/workflowRun.ts";
import type { Logger } from "../../log.ts";
import { createProjectTurns, type ProjectTurns } from "./projectTurns.ts";

const AT_ONCE = 50;
/** Projects whose turn it is; most of them may wait for their share, which costs nothing. */
const PARALLEL = 64;

/** Moves runs on, each project in its own turn; what fails or is lost is found again by the reconciler. */
export function createRunTurns(parts: {
  advanceRuns: RunAdvancer;
  /** Told of the queues that have something to send. */
  onDue: (queues: HookQueue[]) => void;
  log: Logger;
}): ProjectTurns {
  const { advanceRuns, onDue, log } = parts;
  return createProjectTurns(
    { atOnce: AT_ONCE, parallel: PARALLEL },
    async (projectId, runIds, signal) => {
      try {
        const { queues, failed } = await advanceRuns(projectId, runIds, signal);
        onDue(queues);
        for (const { runId, error } of failed)
          log.error({ err: error, projectId, runId }, "could not move a run on");
      } catch (error) {
        log.warn({ err: error, projectId }, "could not move runs on, trying again");
      }
    },
  );
}
