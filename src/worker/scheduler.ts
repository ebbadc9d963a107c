import type { Pool } from "../db/client.ts";
import { dueEvents } from "../db/schedules.ts";
import { dispatchEvents } from "../domain/dispatch.ts";
import type { ProjectConfigs } from "../domain/projectConfig.ts";
import type { Logger } from "../log.ts";
import type { Deliverer } from "./deliverer.ts";
import { every } from "./every.ts";

/** How often it looks at most; an event scheduled for sooner than that may be as late. */
const LOOK_MS = 250;
/** How far ahead it looks. Where nothing is written to the feed, a look is due only so often. */
const AHEAD_MS = 2_500;
/** Of one project; then it is the next one's turn. */
const AT_ONCE = 200;

/** Calls back when something was written to the feed, until the function it returns is called. */
export type OnFeed = (listener: () => void) => () => void;

/**
 * Dispatches scheduled events when they are due, from the table alone. What is due before the next look is waited
 * for to the millisecond; that something has been scheduled meanwhile shows by the feed. Every worker process does
 * this; an event is dispatched by the one that locks it.
 */
export function startScheduler(deps: {
  sql: Pool;
  configs: ProjectConfigs;
  deliverer: Pick<Deliverer, "wake">;
  onFeed: OnFeed;
  log: Logger;
}): AsyncDisposable {
  const { sql, configs, deliverer, onFeed, log } = deps;

  /** Gives back in how many milliseconds to look again. */
  async function dispatchDue(): Promise<number> {
    const lookedAt = performance.now();
    const soon = await dueEvents(sql, AHEAD_MS, AT_ONCE);
    const due = Map.groupBy(
      soon.filter(({ inMs }) => inMs <= 0),
      ({ projectId }) => projectId,
    );
    const failed: unknown[] = [];
    for (const [projectId, events] of due) {
      const eventIds = events.map(({ id }) => id);
      try {
        deliverer.wake(await dispatchEvents(sql, configs, { projectId, eventIds }));
      } catch (error) {
        // One project's trouble does not keep the others waiting.
        failed.push(error);
      }
    }
    if (failed.length > 0) throw failed[0];
    if ([...due.values()].some(({ length }) => length === AT_ONCE)) return 0;
    const next = soon.find(({ inMs }) => inMs > 0);
    return next ? Math.max(0, Math.ceil(next.inMs - (performance.now() - lookedAt))) : AHEAD_MS;
  }

  const looking = every(LOOK_MS, dispatchDue, (error) => {
    log.warn({ err: error }, "could not dispatch what is due");
  });
  const forget = onFeed(() => looking.within(LOOK_MS));
  return {
    async [Symbol.asyncDispose]() {
      forget();
      await looking[Symbol.asyncDispose]();
    },
  };
}
