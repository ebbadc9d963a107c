import { EventLines } from "../event/EventLines.tsx";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Section } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";

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
      <EventLines
        events={events}
        about={({ name, type }) => name !== type && <code className="line faint">{type}</code>}
      />
      {data && <Pager place={place} pageInfo={data.events.pageInfo} />}
    </Section>
  );
}
