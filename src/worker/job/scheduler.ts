import type { Pool } from "../../db/connection/client.ts";
import { dueSoon } from "../../db/queue/dueSoon.ts";
import type { Logger } from "../../log.ts";
import { poll } from "../poller.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { ScheduleRuns } from "./scheduleRuns.ts";

/** The shortest interval between looks. An event scheduled for sooner than this may be that late. */
const LOOK_MS = 250;
/**
 * How far ahead it looks, and so the interval between looks while nothing is written to the feed: an event may be this
 * late if its notification is lost.
 */
const AHEAD_MS = 9_500;
/** The limit per project, and that of schedules. The next look finds the rest. */
const AT_ONCE = 1_000;
/** The interval between looks while a schedule is due: its run may have to be tried again. */
const AGAIN_MS = 1_000;

/** Calls the listener when something was written to the feed, until the returned function is called. */
export type OnFeed = (listener: () => void) => () => void;

/**
 * Dispatches scheduled events and runs schedules when they are due, from the tables alone. What is due before the next
 * look is waited for to the millisecond. New schedules show in the feed. Every worker process does this; the one that
 * locks an event dispatches it, and the one that locks a schedule runs it.
 */
export function startScheduler(deps: {
  sql: Pool;
  dispatcher: Pick<Dispatcher, "dispatch">;
  runs: Pick<ScheduleRuns, "run">;
  onFeed: OnFeed;
  log: Logger;
}): AsyncDisposable {
  const { sql, dispatcher, runs, onFeed, log } = deps;
  const isDue = ({ inMs }: { inMs: number }) => inMs <= 0;

  /** Returns the milliseconds until the next look. */
  async function dispatchDue(): Promise<number> {
    const lookedAt = performance.now();
    const soon = await dueSoon(sql, AHEAD_MS, AT_ONCE);
    const due = soon.filter(isDue);
    const dueRuns = due.filter((one) => one.dueAt !== null);
    const dueEvents = due.filter((one) => one.dueAt === null);
    const ofProjects = Map.groupBy(dueEvents, ({ projectId }) => projectId);
    for (const [projectId, events] of ofProjects)
      dispatcher.dispatch(
        projectId,
        events.map(({ id }) => id),
      );
    runs.run(dueRuns);
    if ([...ofProjects.values()].some(({ length }) => length === AT_ONCE)) return LOOK_MS;
    const waiting = soon.filter((one) => !isDue(one));
    const nextMs = Math.min(AHEAD_MS, ...waiting.map(({ inMs }) => inMs));
    const sinceMs = performance.now() - lookedAt;
    const again = dueRuns.length > 0 ? AGAIN_MS : AHEAD_MS;
    return Math.min(again, Math.max(0, Math.ceil(nextMs - sinceMs)));
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
