import { endedPresses } from "../db/action/presses.ts";
import type { Sql } from "../db/connection/client.ts";
import { isOutage } from "../db/connection/outage.ts";
import { endedEvents, hasEnded } from "../db/event/events.ts";
import type { Change } from "../db/feed/changes.ts";
import { createBatcher } from "../util/batcher.ts";
import type { Tail } from "./tail.ts";

/**
 * Waits until all ids have ended, `ms` milliseconds have passed, `ended` aborts, or the database
 * becomes unavailable.
 */
export type Wait = (
  projectId: string,
  ids: string[],
  ms: number,
  ended?: AbortSignal,
) => Promise<void>;

/** Maximum number of ids per statement. */
const MAX_IDS = 1_000;

/**
 * What to wait for: `ended` returns the ended ids according to the table, `endedBy` the id that a
 * change ends.
 */
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

/** A press ends when it is no longer PENDING, which a change of its action reports. */
export const pressEnds: Ends = {
  ended: endedPresses,
  endedBy: ({ kind, state }) =>
    kind === "ACTION" && state.pressStatus !== "PENDING" ? state.pressId : null,
};

type Look = { projectId: string; ids: string[] };

/**
 * Waits by means of the tail: each waiter costs one batched look at the table and no polling. A
 * change finds its waiters by id, so that thousands of waiters do not slow down other changes.
 */
export function createWaiter(sql: Sql, tail: Tail, { ended, endedBy }: Ends): Wait {
  const waiting = new Map<string, Set<(id: string) => void>>();

  /** One tail listener per project, however many wait. */
  const attached = new Map<string, { count: number; detach: () => void }>();

  function attach(projectId: string): () => void {
    const known = attached.get(projectId) ?? { count: 0, detach: tail.attach(projectId, onPage) };
    known.count++;
    attached.set(projectId, known);
    return () => {
      known.count--;
      if (known.count > 0) return;
      attached.delete(projectId);
      known.detach();
    };
  }

  const onPage = (page: Change[]) => {
    for (const change of page) {
      const id = endedBy(change);
      if (typeof id === "string") for (const close of waiting.get(id) ?? []) close(id);
    }
  };

  /** Calls `close` for each id that ends from now on. Returns a function that stops this. */
  function listen(projectId: string, ids: string[], close: (id: string) => void): () => void {
    const detach = attach(projectId);
    for (const id of ids) waiting.set(id, (waiting.get(id) ?? new Set()).add(close));
    return () => {
      for (const id of ids) {
        const closes = waiting.get(id);
        closes?.delete(close);
        if (closes?.size === 0) waiting.delete(id);
      }
      detach();
    };
  }

  const lookAtTable = createBatcher<Look, string[]>(
    async (looks) => {
      const groups = [...Map.groupBy(looks, ({ projectId }) => projectId)];
      const found = await Promise.all(
        groups.map(([projectId, own]) =>
          ended(
            sql,
            projectId,
            own.flatMap(({ ids }) => ids),
          ),
        ),
      );
      const over = new Set(found.flat().map(({ id }) => id));
      return Promise.allSettled(looks.map(async ({ ids }) => ids.filter((id) => over.has(id))));
    },
    { maxSize: MAX_IDS, parallel: 1, sizeOf: ({ ids }) => ids.length },
  );

  return async (projectId, ids, ms, ended) => {
    const open = new Set(ids);
    const over = Promise.withResolvers<void>();
    const stop = () => over.resolve();
    const close = (id: string) => {
      open.delete(id);
      if (open.size === 0) stop();
    };
    const forget = listen(projectId, ids, close);
    const timer = setTimeout(stop, ms);
    ended?.addEventListener("abort", stop, { once: true });
    if (ended?.aborted) stop();
    try {
      // The tail first, then the table: an end between the two is seen at least once.
      await Promise.race([over.promise, tail.head(projectId)]);
      for (const id of await lookAtTable.add({ projectId, ids })) close(id);
      await over.promise;
    } catch (error) {
      // The events are stored, so an outage while waiting is not an error.
      if (!isOutage(error)) throw error;
    } finally {
      clearTimeout(timer);
      ended?.removeEventListener("abort", stop);
      forget();
    }
  };
}
