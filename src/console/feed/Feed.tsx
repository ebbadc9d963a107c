import { useVirtualizer, type VirtualItem } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import { focusAction } from "../action/ActionButtons.tsx";
import { keep, readKept } from "../kept/useKept.ts";
import { onKey } from "../shell/keys.ts";
import { useRowKeys } from "../shell/useRowKeys.ts";
import { Button } from "../ui/Button.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { FeedItem } from "./FeedItem.tsx";
import { type FeedList, type FeedView, MOST_ROWS } from "./feedList.ts";
import "./Feed.css";

/** Distance from the end at which the next page is loaded, in rows. */
const AHEAD = 15;
const ROW_PIXELS = 57;

/** Where the feed was scrolled to, and how high its rows are. */
type Left = { offset: number; sizes: VirtualItem[] };
const LEFT = "feed";

type Props = { list: FeedList; view: FeedView; isPaused: boolean; isFiltered: boolean };

/**
 * The events of a view; only the visible rows are rendered. New events wait while someone reads
 * further down, so that rows do not move.
 */
export function Feed({ list, view, isPaused, isFiltered }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const [, navigate] = useLocation();
  const { rows, waiting, error, isLoading } = view;
  // Rows that are there already are those of the list that was left.
  const [left] = useState(() => (rows.length > 0 ? readKept<Left>(LEFT) : undefined));
  const [isAtTop, setIsAtTop] = useState((left?.offset ?? 0) < ROW_PIXELS);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PIXELS,
    getItemKey: (index) => rows[index]?.event.id ?? index,
    overscan: 12,
    initialOffset: left?.offset ?? 0,
    ...(left && { initialMeasurementsCache: left.sizes }),
  });
  const items = virtual.getVirtualItems();
  const ids = useMemo(() => rows.map(({ event }) => event.id), [rows]);
  const { index: chosen, clear } = useRowKeys("events", ids, (index) =>
    navigate(`/events/${ids[index]}`),
  );
  const chosenId = ids[chosen];
  const isHeld = isPaused || !isAtTop || chosen > 0;

  useEffect(() => {
    list.hold(isHeld);
    // Nobody sees what arrives while another page is shown.
    return () => list.hold(true);
  }, [list, isHeld]);
  useEffect(() => {
    if (chosen >= 0) virtual.scrollToIndex(chosen);
  }, [chosen, virtual]);
  useEffect(
    () => (chosenId === undefined ? undefined : onKey("a", () => focusAction(chosenId))),
    [chosenId],
  );
  const lastShown = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (rows.length > 0 && lastShown >= rows.length - AHEAD) list.loadMore();
  }, [list, lastShown, rows.length]);

  if (error && rows.length === 0) return <Failure error={error} onRetry={list.reload} />;
  if (rows.length === 0 && isLoading) return <Loading rows={10} />;
  return (
    <div className="feed-frame">
      {waiting > 0 && !isPaused && (
        <Button
          look="primary"
          className="feed-new"
          onClick={() => {
            clear();
            frame.current?.scrollTo({ top: 0 });
          }}
        >
          <ArrowUp size={14} /> {waiting.toLocaleString()}
          {waiting === MOST_ROWS && "+"} new
        </Button>
      )}
      <section
        ref={frame}
        className="feed"
        aria-label="Events, newest first"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop: offset } }) => {
          setIsAtTop(offset < ROW_PIXELS);
          keep(LEFT, { offset, sizes: virtual.measurementsCache } satisfies Left);
        }}
      >
        {rows.length === 0 && !view.isSearchPaused && <Nothing isFiltered={isFiltered} />}
        <div className="feed-rows" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ key, index, start }) => {
            const row = rows[index];
            return row ? (
              <div
                key={key}
                ref={virtual.measureElement}
                data-index={index}
                className="feed-place"
                style={{ transform: `translateY(${start}px)` }}
              >
                <FeedItem row={row} isChosen={index === chosen} />
              </div>
            ) : null;
          })}
        </div>
        {(rows.length > 0 || view.isSearchPaused) && <End view={view} list={list} />}
      </section>
    </div>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered)
    return <Empty title="No events match these filters.">New matching events appear here.</Empty>;
  return (
    <Empty title="No events yet.">
      They appear here as they happen. Emit one with the mutation <code>emitEvent</code>.
    </Empty>
  );
}

function End({ view, list }: { view: FeedView; list: FeedList }) {
  if (view.isSearchPaused)
    return (
      <div className="feed-foot faint">
        <p>No {view.rows.length > 0 && "more "}matches so far.</p>
        <Button onClick={list.resumeSearch}>Search further back</Button>
      </div>
    );
  return (
    <p className="feed-foot faint">
      {view.isTrimmed && <Button onClick={list.reload}>Show older events</Button>}
      {view.error && <Button onClick={list.reload}>Loading failed. Try again</Button>}
      {!view.hasMore && !view.isTrimmed && "End of the list."}
      {view.hasMore && !view.error && "Loading…"}
    </p>
  );
}
