import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { RunItem } from "../run/RunItem.tsx";
import { RunRow } from "../run/runRow.ts";
import { Section } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { Failure } from "../ui/Notice.tsx";

const EventRunsDocument = graphql(
  `
  query EventRuns($id: ID!, $after: String) {
    event(id: $id) {
      id
      runs(first: 20, after: $after) {
        nodes { ...RunRow }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`,
  [RunRow],
);

/** The workflow runs that an event started; nothing if there are none. */
export function EventRuns({ eventId }: { eventId: string }) {
  const place = usePlace(`runs of ${eventId}`);
  const { data, error, refresh } = useLiveQuery(
    EventRunsDocument,
    { id: eventId, after: place.after },
    (changed) =>
      (changed.__typename === "WorkflowRun" && changed.event.id === eventId) ||
      // An attempt of a step.
      (changed.__typename === "Delivery" && changed.hook === null && changed.event.id === eventId),
  );
  const runs = data?.event?.runs;
  if (error && !data) return <Failure error={error} onRetry={refresh} />;
  if (!runs || (runs.nodes.length === 0 && place.back === null)) return null;
  return (
    <Section title="Runs">
      <ul className="runs">
        {runs.nodes.map((run) => (
          <RunItem key={run.id} run={run} shows="workflow" />
        ))}
      </ul>
      <Pager place={place} pageInfo={runs.pageInfo} />
    </Section>
  );
}
