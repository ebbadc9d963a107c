import type { ReactNode } from "react";
import { Link } from "wouter";
import { Badge } from "../ui/layout/Badge.tsx";
import { Moment } from "../ui/time/Time.tsx";
import "./EventLines.css";

type Row = { id: string; name: string; status: string; occurredAt: string };

type Props<Given extends Row> = {
  events: readonly Given[];
  /** What else a line says of its event. */
  about: (event: Given) => ReactNode;
};

/** Events, each in a line that leads to its page. */
export function EventLines<Given extends Row>({ events, about }: Props<Given>) {
  return (
    <ol className="event-lines">
      {events.map((event) => (
        <li key={event.id} className="event-line">
          <Badge state={event.status} />
          <Link to={`/events/${event.id}`} className="line">
            {event.name}
          </Link>
          {about(event)}
          <span className="event-line-when faint">
            <Moment at={event.occurredAt} />
          </span>
        </li>
      ))}
    </ol>
  );
}
