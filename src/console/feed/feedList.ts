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
  /** How many new events wait until they are let in. */
  waiting: number;
  isLoading: boolean;
  error: CombinedError | undefined;
  hasMore: boolean;
  /** The oldest rows were let go, for there were too many. */
  isTrimmed: boolean;
  /** Nothing that fits was found for a long way back: it goes on when it is told to. */
  isResting: boolean;
};

export type FeedList = {
  view(): FeedView;
  subscribe(listener: () => void): () => void;
  /** Reads the next page; not while it rests. */
  loadMore(): void;
  /** Looks further back, for as long a way again. */
  goOn(): void;
  reload(): void;
  /** While held, new events wait; those that are shown change all the same. */
  hold(isHeld: boolean): void;
};

const MOST_ROWS = 10_000;
/** With a search or a status, the server is asked what has come; at most so often. */
const ASK_MS = 400;
/** Pages without anything that fits, of 3,500 events looked through each, before a person is asked whether to go on. */
const EMPTY_PAGES = 20;

/**
 * A view of the feed: pages that were read, and what has come since. States: loading (news are kept back, for what
 * is being read may be older than they are), then following. Nothing is missed between the two: the stream began
 * before the first page was asked for.
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
  /** Something may have come that only the server can tell to be of this view. */
  let isStale = false;
  /** Something happened that needs a reading of its own, while one was under way. */
  let isDue = false;
  let view: FeedView = {
    rows: [],
    waiting: 0,
    isLoading: false,
    error: undefined,
    hasMore: true,
    isTrimmed: false,
    isResting: false,
  };

  const show = (changes: Partial<FeedView>) => {
    view = { ...view, rows: rows.list(), waiting: held.size, ...changes };
    for (const listener of listeners) listener();
  };

  /** An event that is new or has changed: in, out, or not of this view. */
  function takeEvent(event: FeedEvent): void {
    const isSearch = wanted.search !== null;
    const isOurs = matches(wanted, event);
    if (rows.has(event.id)) {
      if (isOurs || isSearch) rows.putEvent(event);
      else rows.remove(event.id);
      return;
    }
    // Only the server knows what is searched; and what comes to the wanted status has buttons and deliveries already.
    if (isSearch || (isOurs && wanted.status !== null)) {
      asking ??= setTimeout(askAgain, ASK_MS);
      return;
    }
    held.delete(event.id);
    // What is older than the last page will come with the next.
    const isBelow = view.hasMore && event.id < (rows.oldest() ?? "");
    if (!isOurs || isBelow) return;
    if (isHeld) held.add(event.id);
    else rows.putEvent(event);
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
    show({ isLoading: true, error: undefined, isResting: false });
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
    const isResting = hasMore && emptyPages >= EMPTY_PAGES;
    show({ isLoading: false, error, hasMore, isResting, ...(isFresh && { isTrimmed: false }) });
    if (news.length > 0) takeNews(news);
    // Nothing that fits was among so many rows: what does may be further back.
    const isOn = !isDue && !isResting && hasMore && data && emptyPages > 0 && listeners.size > 0;
    if (isOn) void load(cursor, false);
    if (!isDue) return;
    isDue = false;
    reload();
  }

  /** Reads from the start. What is being read already may be older than the reason to read anew. */
  function reload(): void {
    if (view.isLoading) isDue = true;
    else {
      emptyPages = 0;
      void load(null, true);
    }
  }

  /** What failed while the hub was away is read once it is back. */
  const retry = () => {
    if (view.error && activity.state() === "live") reload();
  };

  function askAgain(): void {
    asking = undefined;
    isStale = isHeld;
    if (!isHeld) reload();
  }

  /** What waits is read together with its deliveries, which were passed over meanwhile. */
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
      if (!view.isLoading && view.hasMore && !view.error && !view.isResting)
        void load(cursor, false);
    },
    goOn() {
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
