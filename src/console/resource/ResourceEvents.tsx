import { Link } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Badge } from "../ui/layout/Badge.tsx";
import { Section } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";
import { Moment } from "../ui/time/Time.tsx";
import "./ResourceEvents.css";

const EventsDocument = graphql(`
  query ResourceEvents($type: String!, $id: String!, $after: String) {
    events(subjectType: $type, subjectId: $id, first: 20, after: $after) {
      nodes { id type name status occurredAt }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

/** The events about a resource, newest first. Each version has one. */
export function ResourceEvents({ type, id }: { type: string; id: string }) {
  const place = usePlace(`${type} ${id}`);
  const { data, error, isLoading, refresh } = useLiveQuery(
    EventsDocument,
    { type, id, after: place.after },
    ({ __typename }) => __typename === "Event",
  );
  const events = data?.events.nodes ?? [];
  return (
    <Section title="Versions and events">
      {isLoading && <Loading rows={2} />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && events.length === 0 && <p className="soft">No events about this resource.</p>}
      <ol className="resource-events">
        {events.map((event) => (
          <li key={event.id} className="resource-event">
            <Badge state={event.status} />
            <Link to={`/events/${event.id}`} className="line">
              {event.name}
            </Link>
            {event.name !== event.type && <code className="line faint">{event.type}</code>}
            <span className="resource-event-when faint">
              <Moment at={event.occurredAt} />
            </span>
          </li>
        ))}
      </ol>
      {data && <Pager place={place} pageInfo={data.events.pageInfo} />}
    </Section>
  );
}
