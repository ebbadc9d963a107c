import { Link } from "wouter";
import { EventLines } from "../event/EventLines.tsx";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Section } from "../ui/layout/Page.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";
import { Ago } from "../ui/time/Time.tsx";

const EventsDocument = graphql(`
  query TypeEvents($name: String!) {
    eventType(name: $name) { id lastSeenAt }
    events(types: [$name], first: 10) {
      nodes { id name status userId occurredAt }
      pageInfo { hasNextPage }
    }
  }
`);

/** When an event of a type was last accepted, and the newest of its events. */
export function TypeEvents({ type }: { type: string }) {
  const { data, error, isLoading, refresh } = useLiveQuery(
    EventsDocument,
    { name: type },
    (changed) => changed.__typename === "Event" && changed.type === type,
  );
  const events = data?.events.nodes ?? [];
  const lastSeenAt = data?.eventType?.lastSeenAt ?? null;
  // The feed takes several types, separated by commas.
  const all = events.length > 0 && !type.includes(",") && (
    <Link to={`/?${new URLSearchParams({ type })}`}>Show all in the feed</Link>
  );
  return (
    <Section title="Newest events" tools={all}>
      {isLoading && <Loading rows={3} />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && (
        <p className="soft">
          {lastSeenAt === null ? (
            "No event of this type, or none that is still kept."
          ) : (
            <>
              Last seen <Ago at={lastSeenAt} />.
            </>
          )}
        </p>
      )}
      <EventLines
        events={events}
        about={({ userId }) => userId !== null && <span className="line faint">for {userId}</span>}
      />
    </Section>
  );
}
