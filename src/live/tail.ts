import type { Sql } from "../db/connection/client.ts";
import { type Change, changesAfter, type FeedPage, feedBounds } from "../db/feed/changes.ts";
import type { Logger } from "../log.ts";
import type { Wake } from "./wake.ts";

/**
 * Changes kept in memory for all followed projects, shared equally. Readers that lag further read
 * the table. A change counts 1, plus 1 for each KiB of its resource.
 */
const MAX_KEPT = 8_192;
const MIN_KEPT = 64;

const weightOf = ({ state: { attributes } }: Change): number =>
  1 + (typeof attributes === "string" ? attributes.length >> 10 : 0);
const RETRY_MS = 250;

/**
 * The newest changes of the followed projects, read once per process however many follow. A project
 * is followed from its first `attach` until its last listener detaches. Listeners receive each page
 * once it is read.
 */
export type Tail = {
  attach(projectId: string, listener: (page: Change[]) => void): () => void;
  /**
   * The position up to which the project's changes are known. Requires an attached listener.
   * Rejects without a database; the next call tries again.
   */
  head(projectId: string): Promise<number>;
  /** The project's known changes after a position; null if memory does not reach back that far. */
  after(projectId: string, position: number): FeedPage | null;
};

/** The state of one project. `kept` holds the changes after `from` up to `to`. */
type Following = {
  listeners: Set<(page: Change[]) => void>;
  kept: Change[];
  /** The total weight of `kept`. */
  weight: number;
  from: number;
  to: number;
  /** Null if reading the feed's position failed. */
  ready: Promise<void> | null;
  isReady: boolean;
  /** The last result of `after`: readers that keep up all ask from the same position. */
  lastResult: (FeedPage & { from: number }) | null;
};

export function createTail(
  sql: Sql,
  wake: Wake,
  log: Logger,
  onPage: (page: Change[]) => void,
): Tail {
  const followed = new Map<string, Following>();
  let unsubscribe: (() => void) | undefined;
  let again = false;
  let isReading = false;

  function remember(following: Following, { changes, upTo }: FeedPage) {
    following.lastResult = null;
    following.kept.push(...changes);
    following.to = upTo;
    for (const change of changes) following.weight += weightOf(change);
    const share = Math.max(MIN_KEPT, Math.floor(MAX_KEPT / followed.size));
    if (following.weight <= share * 2) return;
    let gone = 0;
    for (const change of following.kept) {
      if (following.weight <= share) break;
      following.weight -= weightOf(change);
      following.from = change.position;
      gone++;
    }
    following.kept = following.kept.slice(gone);
  }

  /** Reads the new changes of all followed projects until there are none. */
  async function read() {
    again = true;
    if (isReading) return;
    isReading = true;
    try {
      while (again && followed.size > 0) {
        again = false;
        const ready = [...followed].filter(([, { isReady }]) => isReady);
        const places = ready.map(([projectId, { to }]) => ({ projectId, position: to }));
        if (places.length === 0) continue;
        const pages = await changesAfter(sql, places);
        for (const [projectId, following] of ready) {
          const page = pages.get(projectId);
          if (!page || followed.get(projectId) !== following) continue;
          again = true;
          remember(following, page);
          onPage(page.changes);
          for (const listener of following.listeners) listener(page.changes);
        }
      }
    } catch (error) {
      log.warn({ err: error }, "the feed could not be read, retrying");
      setTimeout(() => void read(), RETRY_MS).unref();
    } finally {
      isReading = false;
    }
  }

  /** Starts at the current end of the feed. After a failure, the next call tries again. */
  function begin(projectId: string, following: Following): Promise<void> {
    if (following.ready) return following.ready;
    following.ready = feedBounds(sql, projectId).then(({ head }) => {
      Object.assign(following, { from: head, to: head, isReady: true });
      void read();
    });
    following.ready.catch(() => {
      following.ready = null;
    });
    return following.ready;
  }

  function follow(projectId: string): Following {
    const known = followed.get(projectId);
    if (known) return known;
    const following: Following = {
      listeners: new Set(),
      ...{ kept: [], weight: 0, from: 0, to: 0, ready: null, isReady: false, lastResult: null },
    };
    followed.set(projectId, following);
    begin(projectId, following).catch(() => {});
    unsubscribe ??= wake.subscribe(() => void read());
    return following;
  }

  /** The index of the first kept change after a position. */
  function indexAfter(kept: Change[], position: number): number {
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
    attach(projectId, listener) {
      const following = follow(projectId);
      following.listeners.add(listener);
      return () => {
        following.listeners.delete(listener);
        if (following.listeners.size > 0) return;
        if (followed.get(projectId) === following) followed.delete(projectId);
        if (followed.size > 0) return;
        unsubscribe?.();
        unsubscribe = undefined;
      };
    },
    async head(projectId) {
      const following = followed.get(projectId);
      if (!following) throw new Error(`nobody follows project ${projectId}`);
      await begin(projectId, following);
      return following.to;
    },
    after(projectId, position) {
      const following = followed.get(projectId);
      if (!following?.isReady || position < following.from) return null;
      if (following.lastResult?.from === position) return following.lastResult;
      const changes = following.kept.slice(indexAfter(following.kept, position));
      const found = { from: position, changes, upTo: Math.max(following.to, position) };
      following.lastResult = found;
      return found;
    },
  };
}
