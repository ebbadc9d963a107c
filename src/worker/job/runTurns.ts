import type { HookQueue } from "../../db/queue/jobs.ts";
import type { RunAdvancer } from "../../domain/workflowRun/workflowRun.ts";
import type { Logger } from "../../log.ts";
import { createProjectTurns, type ProjectTurns } from "./projectTurns.ts";

const AT_ONCE = 50;
/** Projects in turn at the same time. Most of them wait for their share, which costs nothing. */
const PARALLEL = 64;

/** Advances runs, each project in its own turn. The reconciler finds failed or lost ones again. */
export function createRunTurns(parts: {
  advanceRuns: RunAdvancer;
  /** Called with the queues that have something to send. */
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
          log.error({ err: error, projectId, runId }, "could not advance a run");
      } catch (error) {
        log.warn({ err: error, projectId }, "could not advance runs, trying again");
      }
    },
  );
}
