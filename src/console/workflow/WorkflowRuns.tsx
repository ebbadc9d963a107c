import { useSearchParams } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { RunItem } from "../run/RunItem.tsx";
import { RunRow } from "../run/runRow.ts";
import { Button } from "../ui/Button.tsx";
import { emptyText } from "../ui/emptyText.ts";
import { statusText } from "../ui/layout/Badge.tsx";
import { Section } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";
import "./WorkflowRuns.css";

const RunsDocument = graphql(
  `
  query WorkflowRuns($id: ID!, $status: [RunStatus!], $after: String) {
    workflow(id: $id) {
      id
      runs(first: 20, after: $after, status: $status) {
        nodes { ...RunRow }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`,
  [RunRow],
);

// Without CANCELLED: runs are never cancelled.
const statuses = ["QUEUED", "RUNNING", "SUCCEEDED", "FAILED"] as const;

/** The runs of a workflow as they happen, filtered by status. */
export function WorkflowRuns({ workflowId }: { workflowId: string }) {
  const [params, setParams] = useSearchParams();
  const status = statuses.find((it) => it === params.get("status")) ?? null;
  const place = usePlace(`${workflowId} ${status}`);
  const { data, error, isLoading, refresh } = useLiveQuery(
    RunsDocument,
    { id: workflowId, status: status && [status], after: place.after },
    (changed): boolean =>
      (changed.__typename === "WorkflowRun" && changed.workflow.id === workflowId) ||
      // An attempt of a step.
      (changed.__typename === "Delivery" &&
        changed.hook === null &&
        data?.workflow?.runs.nodes.some(({ event }) => event.id === changed.event.id) === true),
  );
  const runs = data?.workflow?.runs;
  const filter = (
    <fieldset className="run-states">
      <legend className="unseen">Status</legend>
      {[null, ...statuses].map((it) => (
        <Button
          key={it}
          look="quiet"
          aria-pressed={it === status}
          onClick={() => setParams(it === null ? {} : { status: it }, { replace: true })}
        >
          {it === null ? "All" : statusText(it)}
        </Button>
      ))}
    </fieldset>
  );
  return (
    <Section title="Runs" tools={filter}>
      {isLoading && <Loading rows={3} />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {runs?.nodes.length === 0 && (
        <p className="soft">{emptyText(status !== null, runs.pageInfo.hasNextPage)}</p>
      )}
      {runs && runs.nodes.length > 0 && (
        <ul className="runs">
          {runs.nodes.map((run) => (
            <RunItem key={run.id} run={run} shows="event" />
          ))}
        </ul>
      )}
      {runs && <Pager place={place} pageInfo={runs.pageInfo} />}
    </Section>
  );
}
