import type { Pool } from "../../db/connection/client.ts";
import type { DueRun } from "../../db/schedule/eventSchedules.ts";
import type { EmitInTransaction } from "../../domain/emit/emitInTransaction.ts";
import { runDueSchedule } from "../../domain/schedule/scheduleRun.ts";
import type { Logger } from "../../log.ts";

export type ScheduleRuns = {
  /** Runs these schedules, each of them once at a time. */
  run(due: DueRun[]): void;
  stop(): Promise<void>;
};

/** Runs schedules that are due. One that failed because of an outage stays due: the scheduler finds it again. */
export function createScheduleRuns(deps: {
  sql: Pool;
  emitInTransaction: EmitInTransaction;
  log: Logger;
}): ScheduleRuns {
  const { log } = deps;
  const running = new Map<string, Promise<void>>();

  async function runOne(due: DueRun): Promise<void> {
    const { projectId, id: scheduleId, dueAt } = due;
    const which = { projectId, scheduleId, dueAt };
    try {
      const done = await runDueSchedule(deps, due);
      if (!done) return;
      const { missed, failed, error } = done;
      if (missed > 0)
        log.warn({ ...which, missed }, "a schedule missed runs: one event stands for them");
      if (failed !== undefined)
        log.warn({ ...which, err: error }, "a run of a schedule emitted nothing");
    } catch (error) {
      log.warn({ ...which, err: error }, "a schedule could not run yet");
    }
  }

  return {
    run(due) {
      for (const one of due) {
        if (running.has(one.id)) continue;
        running.set(
          one.id,
          runOne(one).finally(() => running.delete(one.id)),
        );
      }
    },
    async stop() {
      await Promise.all(running.values());
    },
  };
}
