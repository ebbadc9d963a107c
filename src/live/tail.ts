import type { Sql } from "../db/connection/client.ts";
import { type Change, changesAfter, type FeedPage, feedBounds } from "../db/feed/changes.ts";
import type { Logger } from "../log.ts";
import type { Wake } from "./wake.ts";

/**
 * What is kept in memory of all projects that are followed, each with its share; who lags further reads the table. A
 * change counts one, and one more for each KiB of a resource that it holds.
 */
const KEPT = 8_192;
const LEAST_KEPT = 64;

const weightOf = ({ state: { attributes } }: Change): number =>
  1 + (typeof attributes === "string" ? attributes.length >> 10 : 0);
const RETRY_MS = 250;

/**
 * The newest changes of the projects that somebody follows, read once a process, however many do. A project is followed
 * from its first `attach` to the last function it gives back. Listeners are told each page once it is known.
 */
export type Tail = {
  attach(projectId: string, listener: (page: Change[]) => void): () => void;
  /**
   * For those attached: the position up to which the project's changes are known. Rejects when there is no database; the
   * next call tries again.
   */
  head(projectId: string): Promise<number>;
  /** The project's changes after a position, as far as they are known; null when memory does not reach back so far. */
  after(projectId: string, position: number): FeedPage | null;
};

/** One project's: changes after `from` and up to `to` are in `kept`. */
type Following = {
  listeners: Set<(page: Change[]) => void>;
  kept: Change[];
  /** What these weigh together. */
  weight: number;
  from: number;
  to: number;
  /** Null when where the feed is could not be asked for. */
  ready: Promise<void> | null;
  isReady: boolean;
  /** What readers were told last: those that keep up all ask from the same position. */
  told: (FeedPage & { from: number }) | null;
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
    following.told = null;
    following.kept.push(...changes);
    following.to = upTo;
    for (const change of changes) following.weight += weightOf(change);
    const share = Math.max(LEAST_KEPT, Math.floor(KEPT / followed.size));
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

  /** Reads on where the followed projects are, until there is no more. */
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
      log.warn({ err: error }, "the feed could not be read, trying again");
      setTimeout(() => void read(), RETRY_MS).unref();
    } finally {
      isReading = false;
    }
  }

  /** Begins where the feed is now; tried again by the next who asks. */
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
      ...{ kept: [], weight: 0, from: 0, to: 0, ready: null, isReady: false, told: null },
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
      if (following.told?.from === position) return following.told;
      const changes = following.kept.slice(indexAfter(following.kept, position));
      const found = { from: position, changes, upTo: Math.max(following.to, position) };
      following.told = found;
      return found;
    },
  };
}
