import { memo } from "react";
import { Link } from "wouter";
import { ActionButtons } from "../action/ActionButtons.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Ago } from "../ui/time/Time.tsx";
import { Avatar } from "./Avatar.tsx";
import { Dots } from "./Dots.tsx";
import { FeedContent } from "./FeedContent.tsx";
import type { FeedRow } from "./feedRows.ts";
import "./FeedItem.css";

/** Statuses without a badge: the dots show them. */
const usual = ["DISPATCHED", "PROCESSED"];

/** One event in the feed. */
export const FeedItem = memo(function FeedItem({
  row,
  isChosen,
}: {
  row: FeedRow;
  isChosen: boolean;
}) {
  const { event, actions, deliveries, hasMore } = row;
  return (
    <article className="feed-item" data-chosen={isChosen || undefined} data-event={event.id}>
      <Avatar avatar={event.avatar} name={event.name} />
      <div className="feed-body">
        <div className="feed-line">
          <Link to={`/events/${event.id}`} className="feed-name line">
            {event.name}
          </Link>
          {event.name !== event.type && <code className="feed-type line">{event.type}</code>}
          {event.category !== null && <span className="feed-tag line">{event.category}</span>}
          {!usual.includes(event.status) && <Badge state={event.status} />}
        </div>
        <FeedContent event={event} />
      </div>
      <div className="feed-end">
        <Dots deliveries={deliveries} hasMore={hasMore} />
        <span className="feed-time faint">
          <Ago at={event.occurredAt} />
        </span>
      </div>
      <ActionButtons actions={actions} event={event} />
    </article>
  );
});
