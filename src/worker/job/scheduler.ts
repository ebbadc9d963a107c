import type { Pool } from "../../db/connection/client.ts";
import { dueEvents } from "../../db/event/schedules.ts";
import type { Logger } from "../../log.ts";
import { poll } from "../poller.ts";
import type { Dispatcher } from "./dispatcher.ts";

/** The shortest interval between looks. An event scheduled for sooner than this may be that late. */
const LOOK_MS = 250;
/**
 * How far ahead it looks, and so the interval between looks while nothing is written to the feed: an event may be this
 * late if its notification is lost.
 */
const AHEAD_MS = 9_500;
/** The limit per project. The next look finds the rest. */
const AT_ONCE = 1_000;

/** Calls the listener when something was written to the feed, until the returned function is called. */
export type OnFeed = (listener: () => void) => () => void;

/**
 * Dispatches scheduled events when they are due, from the table alone. Events due before the next look are waited for
 * to the millisecond. New schedules show in the feed. Every worker process does this; the one that locks an event
 * dispatches it.
 */
export function startScheduler(deps: {
  sql: Pool;
  dispatcher: Pick<Dispatcher, "dispatch">;
  onFeed: OnFeed;
  log: Logger;
}): AsyncDisposable {
  const { sql, dispatcher, onFeed, log } = deps;

  /** Returns the milliseconds until the next look. */
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
