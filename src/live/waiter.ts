import type { Change } from "../db/changes.ts";
import type { Sql } from "../db/client.ts";
import { endedEvents, hasEnded } from "../db/events.ts";
import { isOutage } from "../db/outage.ts";
import { endedPresses } from "../db/presses.ts";
import type { Tail } from "./tail.ts";

/** Waits until all of these have ended, or so many milliseconds, or the database goes away. */
export type Wait = (projectId: string, ids: string[], ms: number) => Promise<void>;

/** What is waited for: those that have ended by the table, and which one a change ends. */
type Ends = {
  ended: (sql: Sql, projectId: string, ids: string[]) => PromiseLike<readonly { id: string }[]>;
  endedBy: (change: Change) => unknown;
};

/** An event ends as PROCESSED, FAILED or CANCELLED. */
export const eventEnds: Ends = {
  ended: endedEvents,
  endedBy: ({ kind, entityId, state }) =>
    kind === "EVENT" && hasEnded(state.status) ? entityId : null,
};

/** A press ends when it is no longer PENDING; a change of its action tells. */
export const pressEnds: Ends = {
  ended: endedPresses,
  endedBy: ({ kind, state }) =>
    kind === "ACTION" && state.pressStatus !== "PENDING" ? state.pressId : null,
};

/** Waits on the tail, so that a waiter costs one look at the table and no polling. */
export function createWaiter(sql: Sql, tail: Tail, { ended, endedBy }: Ends): Wait {
  return async (projectId, ids, ms) => {
    const open = new Set(ids);
    let isOver = false;
    let signal = Promise.withResolvers<void>();
    const detach = tail.attach(() => signal.resolve());
    const timer = setTimeout(() => {
      isOver = true;
      signal.resolve();
    }, ms);

    async function lookAtTable() {
      for (const { id } of await ended(sql, projectId, [...open])) open.delete(id);
    }

    try {
      // The tail's place first, the table then: an end between the two is seen at least once.
      let position = await tail.head();
      await lookAtTable();
      while (open.size > 0 && !isOver) {
        signal = Promise.withResolvers();
        const found = tail.after(projectId, position);
        if (!found) await lookAtTable();
        for (const change of found?.changes ?? []) open.delete(String(endedBy(change)));
        position = found?.upTo ?? position;
        if (open.size > 0) await signal.promise;
      }
    } catch (error) {
      // What is waited for is accepted, whatever can be known of its end.
      if (!isOutage(error)) throw error;
    } finally {
      clearTimeout(timer);
      detach();
    }
  };
}
