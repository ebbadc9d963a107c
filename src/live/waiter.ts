import { endedPresses } from "../db/action/presses.ts";
import type { Sql } from "../db/connection/client.ts";
import { isOutage } from "../db/connection/outage.ts";
import { endedEvents, hasEnded } from "../db/event/events.ts";
import type { Change } from "../db/feed/changes.ts";
import { createBatcher } from "../util/batcher.ts";
import type { Tail } from "./tail.ts";

/** Waits until all of these have ended, or so many milliseconds, or `ended` fires, or the database goes away. */
export type Wait = (
  projectId: string,
  ids: string[],
  ms: number,
  ended?: AbortSignal,
) => Promise<void>;

/** So many ids are looked for in one statement. */
const MAX_LOOKS = 1_000;

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

type Look = { projectId: string; ids: string[] };

/**
 * Waits on the tail: a waiter costs one look at the table, made together with those of others, and no polling. A change
 * finds who waits for it by its id, so that thousands who wait make no change of anybody else dearer.
 */
export function createWaiter(sql: Sql, tail: Tail, { ended, endedBy }: Ends): Wait {
  const waiting = new Map<string, Set<(id: string) => void>>();

  /** One listener a project, however many wait. */
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

  /** Calls `close` for each of the ids that ends from now on; gives back what stops that. */
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
    { maxSize: MAX_LOOKS, parallel: 1, sizeOf: ({ ids }) => ids.length },
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
      // The tail first, the table then: an end between the two is seen at least once.
      await Promise.race([over.promise, tail.head(projectId)]);
      for (const id of await lookAtTable.add({ projectId, ids })) close(id);
      await over.promise;
    } catch (error) {
      // What is waited for is accepted, whatever can be known of its end.
      if (!isOutage(error)) throw error;
    } finally {
      clearTimeout(timer);
      ended?.removeEventListener("abort", stop);
      forget();
    }
  };
}
