import type { Sql } from "../db/client.ts";
import { endedEvents, hasEnded } from "../db/events.ts";
import { isOutage } from "../db/outage.ts";
import type { Tail } from "./tail.ts";

/** Waits until events have ended (PROCESSED, FAILED or CANCELLED), or so many milliseconds, or the database goes away. */
export type WaitForEvents = (projectId: string, ids: string[], ms: number) => Promise<void>;

/** Waits on the tail, so that a waiter costs one look at the table and no polling. */
export function createWaiter(sql: Sql, tail: Tail): WaitForEvents {
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
      for (const { id } of await endedEvents(sql, projectId, [...open])) open.delete(id);
    }

    try {
      // The tail's place first, the table then: an end between the two is seen at least once.
      let position = await tail.head();
      await lookAtTable();
      while (open.size > 0 && !isOver) {
        signal = Promise.withResolvers();
        const found = tail.after(projectId, position);
        if (!found) await lookAtTable();
        for (const { kind, entityId, state } of found?.changes ?? []) {
          if (kind === "EVENT" && hasEnded(state.status)) open.delete(entityId);
        }
        position = found?.upTo ?? position;
        if (open.size > 0) await signal.promise;
      }
    } catch (error) {
      // The events are accepted, whatever can be known of their end.
      if (!isOutage(error)) throw error;
    } finally {
      clearTimeout(timer);
      detach();
    }
  };
}
