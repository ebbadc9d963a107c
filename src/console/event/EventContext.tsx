import { Link } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Badge } from "../ui/layout/Badge.tsx";
import { Section } from "../ui/layout/Page.tsx";
import { Moment } from "../ui/time/Time.tsx";
import "./EventContext.css";

const ContextDocument = graphql(`
  query EventContext($contextId: String!) {
    events(contextId: $contextId, first: 50) {
      nodes { id name status occurredAt }
      pageInfo { hasNextPage }
    }
  }
`);

/** The events of one context in order. */
export function EventContext({ contextId, eventId }: { contextId: string; eventId: string }) {
  const { data } = useLiveQuery(
    ContextDocument,
    { contextId },
    (changed) => changed.__typename === "Event" && changed.contextId === contextId,
  );
  const events = data?.events.nodes.toReversed() ?? [];
  if (events.length < 2) return null;
  const all = <Link to={`/?${new URLSearchParams({ context: contextId })}`}>Show in the feed</Link>;
  return (
    <Section title={`Context ${contextId}`} tools={all}>
      <ol className="context">
        {events.map(({ id, name, status, occurredAt }) => (
          <li key={id} className="context-event" aria-current={id === eventId || undefined}>
            <span className="faint">
              <Moment at={occurredAt} />
            </span>
            {id === eventId ? <strong>{name}</strong> : <Link to={`/events/${id}`}>{name}</Link>}
            <Badge state={status} />
          </li>
        ))}
      </ol>
    </Section>
  );
}
