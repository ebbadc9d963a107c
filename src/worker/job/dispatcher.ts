import { LRUCache } from "lru-cache";
import type { Pool } from "../../db/connection/client.ts";
import { isOutage, isTimeout } from "../../db/connection/outage.ts";
import type { Reserve } from "../../domain/emit/emitWrite.ts";
import { dispatchEvents, failEvent } from "../../domain/event/dispatch.ts";
import type { FollowUp } from "../../domain/event/followUp.ts";
import type { TenantPrograms } from "../../domain/program/tenantPrograms.ts";
import type { ProjectConfigs } from "../../domain/project/projectConfig.ts";
import type { Logger } from "../../log.ts";
import { Overloaded } from "../../util/overloaded.ts";
import { createProjectTurns } from "./projectTurns.ts";

export type Dispatcher = {
  /** Matches these events in their project's turn. */
  dispatch(projectId: string, eventIds: string[]): void;
  stop(): Promise<void>;
};

const AT_ONCE = 50;
/** Projects in turn at the same time. Most of them wait for their share, which costs nothing. */
const PARALLEL = 256;
/** The number of failed tries to dispatch an event, not counting outages, after which it is FAILED with the reason. */
const MAX_FAILURES = 5;

/**
 * Dispatches events, with projects taking turns. The reconciler and the scheduler find from the tables what a process
 * lost.
 */
export function createDispatcher(parts: {
  sql: Pool;
  configs: ProjectConfigs;
  programs: TenantPrograms;
  reserve: Reserve;
  onNext: (next: FollowUp) => void;
  log: Logger;
}): Dispatcher {
  const { log } = parts;
  const failures = new LRUCache<string, number>({ max: 10_000 });

  /** Events that could not be dispatched are found by the scheduler or the reconciler. */
  async function dispatch(
    projectId: string,
    eventIds: string[],
    stopping: AbortSignal,
  ): Promise<void> {
    try {
      await dispatchEvents({ ...parts, patience: { until: stopping } }, { projectId, eventIds });
      for (const id of eventIds) failures.delete(id);
    } catch (error) {
      if (stopping.aborted) return;
      if (passes(error))
        return log.warn({ err: error, projectId }, "could not dispatch events yet");
      // One event's failure must not fail the others.
      if (eventIds.length > 1) {
        for (const id of eventIds) await dispatch(projectId, [id], stopping);
        return;
      }
      for (const id of eventIds) await fail(projectId, id, error);
    }
  }

  async function fail(projectId: string, eventId: string, error: unknown) {
    const count = (failures.get(eventId) ?? 0) + 1;
    failures.set(eventId, count);
    log.error({ err: error, projectId, eventId, failures: count }, "could not dispatch an event");
    if (count < MAX_FAILURES) return;
    failures.delete(eventId);
    const reason = `an internal error, ${count} times, while it was matched with its hooks: the hub's log has it under this event's id`;
    await failEvent(parts, { projectId, eventId, reason });
  }

  const turns = createProjectTurns(
    { atOnce: AT_ONCE, parallel: PARALLEL },
    (projectId, ids, stopping) =>
      dispatch(projectId, ids, stopping).catch((error) =>
        log.error({ err: error, projectId }, "could not dispatch events"),
      ),
  );
  return { dispatch: turns.add, stop: turns.stop };
}

/** Whether an outage or a configuration that keeps changing failed it: not the event's fault. Slow statements are. */
const passes = (error: unknown) =>
  error instanceof Overloaded || (isOutage(error) && !isTimeout(error));
