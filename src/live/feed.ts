import { Repeater } from "graphql-yoga";
import {
  type Change,
  changesAfter,
  type FeedPage,
  feedBounds,
  lastPositionBefore,
} from "../db/feed/changes.ts";
import type { Read } from "../db/read/readPools.ts";
import type { Logger } from "../log.ts";
import type { Tail } from "./tail.ts";

/** The feed cannot continue from this cursor without a gap. */
export class CursorExpired extends Error {
  override name = "CursorExpired" as const;
}

type FeedOptions = {
  projectId: string;
  /** Continue after this position. If absent, start now. */
  after?: number;
  /** Selects the changes to return. */
  wants: (change: Change) => boolean;
};

/** Where a pull starts: after a position, at a time, or now. */
type PullFrom = { after: number } | { since: Date } | "now";

type PullOptions = {
  projectId: string;
  from: PullFrom;
  wants: (change: Change) => boolean;
  limit: number;
  /** How long to wait when there is none. */
  waitMs: number;
  /** Ends the wait early. */
  ended?: AbortSignal | undefined;
};

/**
 * Changes up to a position. `isTruncated`: retention had removed some between the start and the
 * first.
 */
type Pulled = { changes: Change[]; upTo: number; isTruncated: boolean };

export type Feed = {
  /**
   * Follows a project's changes in order, without a gap, at the reader's pace. Throws
   * CursorExpired.
   */
  follow(options: FeedOptions): Repeater<Change>;
  /**
   * The next changes that are wanted, at once or when the first of them comes. May end early, with
   * fewer or none. Throws CursorExpired for a position that the feed has not reached.
   */
  pull(options: PullOptions): Promise<Pulled>;
};

const tooOld = () =>
  new CursorExpired(
    "the cursor is older than the retained changes; read the current state and start again",
  );

const notOfThisFeed = () =>
  new CursorExpired("the cursor is not from this feed; read the current state and start again");

const RETRY_MS = 500;
/** Pages that one pull looks through for changes that it wants. */
const MOST_PAGES = 20;

/**
 * A pull-based feed: nothing is read or buffered for a subscriber before it asks for more. A
 * subscriber that keeps up reads the process's tail; one that lags reads the table, page by page. A
 * wake-up only means "look again".
 */
export function createFeed(
  read: Read,
  tail: Tail,
  log: Logger,
  hooks: {
    onSubscribers: (change: 1 | -1) => void;
    onPage: (page: Change[]) => void;
    /** A subscriber is about to receive the feed up to this position. */
    onSeen: (projectId: string, position: number) => void;
  },
): Feed {
  /**
   * Determines the start. It asks the table, not the tail, which may lag: a change committed before
   * the subscription must not count as new.
   */
  async function start(projectId: string, after: number | undefined): Promise<FeedPage> {
    const { head, horizon } = await read(projectId, (own) => feedBounds(own, projectId));
    if (after !== undefined && after < horizon) throw tooOld();
    if (after !== undefined && after > head) throw notOfThisFeed();
    return { changes: [], upTo: after ?? head };
  }

  /** Reads the next changes after a position. */
  async function readNext(projectId: string, position: number): Promise<FeedPage> {
    await tail.head(projectId);
    const remembered = tail.after(projectId, position);
    if (remembered) return remembered;
    const { pages, horizon } = await read(projectId, async (own) => {
      const pages = await changesAfter(own, [{ projectId, position }]);
      // Asked after the page was read: if retention removed part of it, the horizon has moved.
      return { pages, ...(await feedBounds(own, projectId)) };
    });
    if (position < horizon) throw tooOld();
    const page = pages.get(projectId) ?? { changes: [], upTo: position };
    hooks.onPage(page.changes);
    return page;
  }

  /** Like `start`, for a reader that goes on after a gap. */
  async function pullStart(
    projectId: string,
    from: PullFrom,
  ): Promise<{ position: number; isTruncated: boolean }> {
    const bounds = await read(projectId, (own) => feedBounds(own, projectId));
    if (from === "now") return { position: bounds.head, isTruncated: false };
    if ("after" in from) {
      if (from.after > bounds.head) throw notOfThisFeed();
      const isTruncated = from.after < bounds.horizon;
      return { position: Math.max(from.after, bounds.horizon), isTruncated };
    }
    const position = await read(projectId, (own) =>
      lastPositionBefore(own, projectId, bounds, from.since),
    );
    return { position, isTruncated: false };
  }

  async function pull(options: PullOptions): Promise<Pulled> {
    const { projectId, from, wants, limit, waitMs, ended } = options;
    const { position: first, isTruncated } = await pullStart(projectId, from);
    if (from === "now") {
      hooks.onSeen(projectId, first);
      return { changes: [], upTo: first, isTruncated };
    }
    let isOver = waitMs === 0;
    let signal = Promise.withResolvers<void>();
    const wake = () => signal.resolve();
    const detach = tail.attach(projectId, wake);
    hooks.onSubscribers(1);
    const timer = setTimeout(() => {
      isOver = true;
      wake();
    }, waitMs);
    ended?.addEventListener("abort", wake);
    const changes: Change[] = [];
    let upTo = first;
    try {
      for (let pages = 1; ; pages++) {
        signal = Promise.withResolvers();
        const page = await readNext(projectId, upTo);
        for (const change of page.changes) {
          if (wants(change)) changes.push(change);
          if (changes.length === limit) return { changes, upTo: change.position, isTruncated };
        }
        const hasMoved = page.upTo !== upTo;
        upTo = page.upTo;
        if (pages >= MOST_PAGES) break;
        if (hasMoved) continue;
        if (changes.length > 0 || isOver || ended?.aborted) break;
        pages = 0;
        await signal.promise;
      }
      return { changes, upTo, isTruncated };
    } finally {
      hooks.onSeen(projectId, upTo);
      clearTimeout(timer);
      ended?.removeEventListener("abort", wake);
      hooks.onSubscribers(-1);
      detach();
    }
  }

  return {
    pull,
    follow: ({ projectId, after, wants }) =>
      new Repeater<Change>(async (push, stop) => {
        let isStopped = false;
        let isIdle = false;
        let signal = Promise.withResolvers<void>();
        let position: number | undefined;
        const wake = () => {
          isIdle = false;
          signal.resolve();
        };
        // Most changes are for others. A waiting subscriber is woken only for changes that it
        // wants; otherwise only its position advances.
        const wakeIfWanted = () => {
          const found = isIdle && position !== undefined ? tail.after(projectId, position) : null;
          if (!found || found.changes.some(wants)) wake();
          else position = found.upTo;
        };
        stop.then(() => {
          isStopped = true;
          wake();
        });
        const tryLater = (error: unknown) => {
          if (error instanceof CursorExpired) throw error;
          log.warn({ err: error }, "a subscription could not read, retrying");
          setTimeout(wake, RETRY_MS);
        };
        const detach = tail.attach(projectId, wakeIfWanted);
        try {
          while (!isStopped) {
            signal = Promise.withResolvers();
            const looking =
              position === undefined ? start(projectId, after) : readNext(projectId, position);
            const found = await looking.catch(tryLater);
            if (found) hooks.onSeen(projectId, found.upTo);
            for (const change of found?.changes ?? []) {
              if (wants(change)) await push(change);
              if (isStopped) return;
            }
            const hasMoved = found !== undefined && found.upTo !== position;
            if (found && position === undefined) hooks.onSubscribers(1);
            position = found?.upTo ?? position;
            if (hasMoved) continue;
            isIdle = true;
            await signal.promise;
          }
        } finally {
          if (position !== undefined) hooks.onSubscribers(-1);
          detach();
        }
      }),
  };
}

/** The cursor of a change, as clients see it. */
export const cursorOf = ({ position }: Pick<Change, "position">): string =>
  Buffer.from(`feed:${position}`).toString("base64url");

/** The position of a cursor. Throws CursorExpired if it is malformed. */
export function positionOf(cursor: string): number {
  const match = /^feed:(\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!match) throw new CursorExpired("this is not a cursor of a subscription");
  return Number(match[1]);
}
