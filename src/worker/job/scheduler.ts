import type { Pool } from "../../db/connection/client.ts";
import { dueEvents } from "../../db/event/schedules.ts";
import type { Logger } from "../../log.ts";
import { poll } from "../poller.ts";
import type { Dispatcher } from "./dispatcher.ts";

/** How often it looks at most; an event scheduled for sooner than that may be as late. */
const LOOK_MS = 250;
/**
 * How far ahead it looks. Where nothing is written to the feed, a look is due only so often: by which something is late
 * at most, should its notification be lost.
 */
const AHEAD_MS = 9_500;
/** Of one project; the rest is found by the next look. */
const AT_ONCE = 1_000;

/** Calls back when something was written to the feed, until the function it returns is called. */
export type OnFeed = (listener: () => void) => () => void;

/**
 * Dispatches scheduled events when they are due, from the table alone. What is due before the next look is waited
 * for to the millisecond; that something has been scheduled meanwhile shows by the feed. Every worker process does
 * this; an event is dispatched by the one that locks it.
 */
export function startScheduler(deps: {
  sql: Pool;
  dispatcher: Pick<Dispatcher, "dispatch">;
  onFeed: OnFeed;
  log: Logger;
}): AsyncDisposable {
  const { sql, dispatcher, onFeed, log } = deps;

  /** Gives back in how many milliseconds to look again. */
  async function dispatchDue(): Promise<number> {
    const lookedAt = performance.now();
    const soon = await dueEvents(sql, AHEAD_MS, AT_ONCE);
    const due = Map.groupBy(
      soon.filter(({ inMs }) => inMs <= 0),
      ({ projectId }) => projectId,
    );
    for (const [projectId, events] of due)
      dispatcher.dispatch(
        projectId,
        events.map(({ id }) => id),
      );
    if ([...due.values()].some(({ length }) => length === AT_ONCE)) return LOOK_MS;
    const next = soon.find(({ inMs }) => inMs > 0);
    return next ? Math.max(0, Math.ceil(next.inMs - (performance.now() - lookedAt))) : AHEAD_MS;
  }

  const looking = poll(LOOK_MS, dispatchDue, (error) => {
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
