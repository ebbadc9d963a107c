import { type Change, changesAfter, feedBounds } from "../db/changes.ts";
import type { Sql } from "../db/client.ts";
import type { Logger } from "../log.ts";
import type { Wake } from "./wake.ts";

const PAGE = 500;
/** How many changes are kept in memory; who lags further reads the table. */
const KEPT = 4_096;
const RETRY_MS = 250;

/**
 * The newest changes of all projects, read once a process, however many subscribe. It follows only while somebody
 * does: `attach` starts it, the function it gives back lets go. Listeners are told each page once it is known.
 */
export type Tail = {
  attach(listener: (page: Change[]) => void): () => void;
  /**
   * For those attached: the position up to which changes are known, once the tail follows. Rejects when there is
   * no database; the next call tries again.
   */
  head(): Promise<number>;
  /**
   * The project's changes after a position and up to `upTo`, as far as they are known; null when memory does not
   * reach back so far.
   */
  after(projectId: string, position: number): Found | null;
};

/** Changes, and the position up to which they are all there are. */
export type Found = { changes: Change[]; upTo: number };
type Following = { ready: Promise<void>; stop: () => void };

export function createTail(
  sql: Sql,
  wake: Wake,
  log: Logger,
  onPage: (page: Change[]) => void,
): Tail {
  const listeners = new Set<(page: Change[]) => void>();
  let kept: Change[] = [];
  /** Changes after `from` and up to `to` are in `kept`. */
  let from = 0;
  let to = 0;
  let following: Following | null = null;
  /** What a project's readers were told last: those that keep up all ask from the same position. */
  const told = new Map<string, Found & { from: number }>();

  function remember(changes: Change[]) {
    told.clear();
    kept.push(...changes);
    to = kept.at(-1)?.position ?? to;
    if (kept.length <= KEPT * 2) return;
    kept = kept.slice(-KEPT);
    from = (kept[0]?.position ?? 1) - 1;
  }

  function follow(): Following {
    let stopped = false;
    let again = true;
    let reading = false;

    async function read() {
      again = true;
      if (reading || stopped) return;
      reading = true;
      try {
        while (again && !stopped) {
          again = false;
          const changes = await changesAfter(sql, to, PAGE);
          if (stopped || changes.length === 0) continue;
          again = changes.length === PAGE;
          remember(changes);
          onPage(changes);
          for (const listener of listeners) listener(changes);
        }
      } catch (error) {
        log.warn({ err: error }, "the feed could not be read, trying again");
        setTimeout(() => void read(), RETRY_MS).unref();
      } finally {
        reading = false;
      }
    }

    const ready = feedBounds(sql).then(({ head }) => {
      // Another follow may have taken over: its memory is not to be thrown away.
      if (stopped) return;
      told.clear();
      kept = [];
      from = head;
      to = head;
    });
    const unsubscribe = wake.subscribe(() => void ready.then(read, () => {}));
    const stop = () => {
      stopped = true;
      unsubscribe();
    };
    const self = { ready, stop };
    ready.catch(() => {
      stop();
      if (following === self) following = null;
    });
    return self;
  }

  /** The index of the first kept change after a position. */
  function indexAfter(position: number): number {
    let low = 0;
    let high = kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((kept[middle]?.position ?? 0) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  return {
    attach(listener) {
      listeners.add(listener);
      following ??= follow();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        following?.stop();
        following = null;
      };
    },
    async head() {
      following ??= follow();
      await following.ready;
      return to;
    },
    after(projectId, position) {
      if (position < from) return null;
      const known = told.get(projectId);
      if (known?.from === position) return known;
      const newer = kept.slice(indexAfter(position));
      const found = {
        from: position,
        changes: newer.filter((change) => change.projectId === projectId),
        upTo: Math.max(position, to),
      };
      told.set(projectId, found);
      return found;
    },
  };
}
