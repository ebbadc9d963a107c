import { useState } from "react";
import { Link } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Button } from "../ui/Button.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Section } from "../ui/layout/Page.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";
import { Countdown, Moment } from "../ui/time/Time.tsx";
import { matchSentence, matchText } from "./matchText.ts";
import "./EventWhy.css";

const WhyDocument = graphql(`
  query EventWhy($id: ID!) {
    event(id: $id) {
      id
      why { reason detail hook { id name url } }
    }
  }
`);

/** Hooks that did not match and are shown at first. */
const FEW = 10;

type Props = { eventId: string; status: string; scheduledFor: string | null };

/** Why no hook was looked at: it is too early, or there is none. */
function None({ status, scheduledFor }: Omit<Props, "eventId">) {
  if (status === "SCHEDULED" && scheduledFor !== null)
    return (
      <p className="soft">
        The event will be matched with the hooks that there are when it is due:{" "}
        <Countdown to={scheduledFor} />, <Moment at={scheduledFor} />.
      </p>
    );
  if (status === "STAGED") return <p className="soft">The event is being matched with hooks.</p>;
  if (status === "CANCELLED")
    return <p className="soft">The event was cancelled before it was matched with hooks.</p>;
  return <p className="soft">There was no hook to match the event with.</p>;
}

/** Why each hook did or did not match the event. */
export function EventWhy({ eventId, ...event }: Props) {
  const { data, error, isLoading, refresh } = useLiveQuery(
    WhyDocument,
    { id: eventId },
    (changed) => changed.id === eventId,
  );
  const [isAll, setIsAll] = useState(false);
  const traces = data?.event?.why ?? [];
  const sorted = traces.toSorted(
    (a, b) => Number(b.reason === "MATCHED") - Number(a.reason === "MATCHED"),
  );
  return (
    <Section title="Hook matching">
      {isLoading && <Loading rows={2} />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && traces.length === 0 && <None {...event} />}
      <ul className="why">
        {sorted.slice(0, isAll ? undefined : FEW).map(({ hook, reason, detail }) => (
          <li key={hook?.id ?? detail} className="why-hook">
            <Badge state={reason} label={matchText(reason)} />
            <div className="why-what">
              {hook && <Link to={`/hooks/${hook.id}`}>{hook.name ?? hook.url}</Link>}
              <span className="soft">{detail ?? matchSentence(reason)}</span>
            </div>
          </li>
        ))}
      </ul>
      {!isAll && traces.length > FEW && (
        <div>
          <Button onClick={() => setIsAll(true)}>All {traces.length} hooks</Button>
        </div>
      )}
    </Section>
  );
}
