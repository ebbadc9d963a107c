import type { Client, CombinedError } from "@urql/core";
import type { Activity, News } from "../live/activity.ts";
import type { Changed } from "../live/activityDocument.ts";
import { FeedDocument } from "./feedDocument.ts";
import type { FeedEvent } from "./feedEvent.ts";
import { type FeedVariables, matches } from "./feedFilter.ts";
import { type FeedRow, FeedRows } from "./feedRows.ts";

/** The feed as it is shown. */
export type FeedView = {
  rows: readonly FeedRow[];
  /** Number of new events that are held back; of more than `MOST_ROWS` the others are not counted. */
  waiting: number;
  isLoading: boolean;
  error: CombinedError | undefined;
  hasMore: boolean;
  /** The oldest rows were dropped because there were too many. */
  isTrimmed: boolean;
  /** The search paused after many pages without a match, until `resumeSearch` is called. */
  isSearchPaused: boolean;
};

export type FeedList = {
  view(): FeedView;
  subscribe(listener: () => void): () => void;
  /** Loads the next page, unless the search is paused. */
  loadMore(): void;
  /** Resumes a paused search for as many pages again. */
  resumeSearch(): void;
  reload(): void;
  /** While held, new events wait; visible ones still update. */
  hold(isHeld: boolean): void;
};

export const MOST_ROWS = 10_000;
/** With a search or status filter, the server is asked for new events, at most at this interval. */
const ASK_MS = 400;
/** Pages without a match (3,500 examined events each) before the search pauses. */
const EMPTY_PAGES = 20;

/**
 * A view of the feed: loaded pages, plus live changes.
 * States: loading (changes are held back, because the page being loaded may be older), then
 * following. Nothing is missed between the two: the stream starts before the first page is
 * requested.
 */
export function createFeedList(api: Client, activity: Activity, wanted: FeedVariables): FeedList {
  const listeners = new Set<() => void>();
  let rows = new FeedRows();
  const held = new Set<string>();
  let early: Changed[] = [];
  let cursor: string | null = null;
  let emptyPages = 0;
  let asking: ReturnType<typeof setTimeout> | undefined;
  let isHeld = false;
  /** Changes arrived that only the server can match with this view. */
  let isStale = false;
  /** Another load is needed after the one in progress. */
  let isDue = false;
  let view: FeedView = {
    rows: [],
    waiting: 0,
    isLoading: false,
    error: undefined,
    hasMore: true,
    isTrimmed: false,
    isSearchPaused: false,
  };

  const show = (changes: Partial<FeedView>) => {
    view = { ...view, rows: rows.list(), waiting: held.size, ...changes };
    for (const listener of listeners) listener();
  };

  /** Handles a new or changed event: add, update or ignore it. */
  function takeEvent(event: FeedEvent): void {
    const isSearch = wanted.search !== null;
    const isOurs = matches(wanted, event);
    if (rows.has(event.id)) {
      if (isOurs || isSearch) rows.putEvent(event);
      else rows.remove(event.id);
      return;
    }
    // Only the server can search; and an event that changes to the wanted status already has
    // buttons and deliveries.
    if (isSearch || (isOurs && wanted.status !== null)) {
      asking ??= setTimeout(askAgain, ASK_MS);
      return;
    }
    held.delete(event.id);
    // Events older than the last page come with the next page.
    const isBelow = view.hasMore && event.id < (rows.oldest() ?? "");
    if (!isOurs || isBelow) return;
    if (!isHeld) rows.putEvent(event);
    else if (held.size < MOST_ROWS) held.add(event.id);
  }

  function take(changed: Changed): void {
    if (changed.__typename === "Event") takeEvent(changed);
    else if (changed.__typename === "Delivery") rows.putDelivery(changed);
    else if (changed.__typename === "Action") rows.putAction(changed);
  }

  function takeNews(news: News): void {
    if (news === "missed") {
      reload();
      return;
    }
    if (view.isLoading) {
      early.push(...news);
      return;
    }
    for (const changed of news) take(changed);
    const isTrimmed = !isHeld && rows.trim(MOST_ROWS);
    show(isTrimmed ? { isTrimmed, hasMore: false } : {});
  }

  async function load(after: string | null, isFresh: boolean): Promise<void> {
    show({ isLoading: true, error: undefined, isSearchPaused: false });
    const { data, error } = await api
      .query(FeedDocument, { ...wanted, after }, { requestPolicy: "network-only" })
      .toPromise();
    if (data) {
      if (isFresh) {
        rows = new FeedRows();
        held.clear();
        isStale = false;
      }
      for (const node of data.events.nodes) rows.put(node);
      cursor = data.events.pageInfo.endCursor;
      emptyPages = data.events.nodes.length > 0 ? 0 : emptyPages + 1;
    }
    const news = early;
    early = [];
    const hasMore = data?.events.pageInfo.hasNextPage ?? view.hasMore;
    const isSearchPaused = hasMore && emptyPages >= EMPTY_PAGES;
    show({
      isLoading: false,
      error,
      hasMore,
      isSearchPaused,
      ...(isFresh && { isTrimmed: false }),
    });
    if (news.length > 0) takeNews(news);
    // No match among the examined rows; there may be matches further back.
    const isOn =
      !isDue && !isSearchPaused && hasMore && data && emptyPages > 0 && listeners.size > 0;
    if (isOn) void load(cursor, false);
    if (!isDue) return;
    isDue = false;
    reload();
  }

  /** Reloads from the start. A load in progress may be older than the reason to reload. */
  function reload(): void {
    if (view.isLoading) isDue = true;
    else {
      emptyPages = 0;
      void load(null, true);
    }
  }

  /** Retries after the connection is back. */
  const retry = () => {
    if (view.error && activity.state() === "live") reload();
  };

  function askAgain(): void {
    asking = undefined;
    isStale = isHeld;
    if (!isHeld) reload();
  }

  /** Held events are loaded again, with the deliveries that were ignored meanwhile. */
  const letIn = () => {
    if (held.size > 0 || isStale) reload();
  };

  return {
    view: () => view,
    subscribe(listener) {
      const isFirst = listeners.size === 0;
      listeners.add(listener);
      const offs = isFirst ? [activity.onNews(takeNews), activity.onState(retry)] : [];
      if (isFirst) reload();
      return () => {
        listeners.delete(listener);
        for (const off of offs) off();
        clearTimeout(asking);
        asking = undefined;
      };
    },
    loadMore() {
      if (!view.isLoading && view.hasMore && !view.error && !view.isSearchPaused)
        void load(cursor, false);
    },
    resumeSearch() {
      emptyPages = 0;
      if (!view.isLoading) void load(cursor, false);
    },
    reload,
    hold(next) {
      if (next === isHeld) return;
      isHeld = next;
      if (!isHeld) letIn();
    },
  };
}
