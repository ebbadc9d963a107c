import { Link } from "wouter";
import { LastAct } from "../audit/LastAct.tsx";
import { pathOfType } from "../eventType/paths.ts";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Badge } from "../ui/layout/Badge.tsx";
import { Facts } from "../ui/layout/Facts.tsx";
import { Page } from "../ui/layout/Page.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { Moment } from "../ui/time/Time.tsx";
import { WorkflowInstalls } from "./WorkflowInstalls.tsx";
import { WorkflowRuns } from "./WorkflowRuns.tsx";
import { WorkflowSteps } from "./WorkflowSteps.tsx";
import { WorkflowTools } from "./WorkflowTools.tsx";

const WorkflowDocument = graphql(`
  query Workflow($id: ID!) {
    workflow(id: $id) {
      id name eventType status version createdAt updatedAt
      steps { id name method url headers body retries timeoutMs }
    }
  }
`);

/** One workflow: its steps, installations and runs. */
export function WorkflowPage({ params: { id } }: { params: { id: string } }) {
  const { data, error, isLoading, refresh } = useLiveQuery(WorkflowDocument, { id }, () => false);
  const workflow = data?.workflow;
  if (isLoading) return <Loading />;
  if (error && !workflow) return <Failure error={error} onRetry={refresh} />;
  if (!workflow) return <Empty title="Workflow not found." />;
  return (
    <Page
      title={workflow.name}
      back={{ to: "/workflows", label: "Workflows" }}
      aside={<Badge state={workflow.status} />}
      tools={<WorkflowTools workflow={workflow} />}
    >
      <LastAct key={workflow.updatedAt} id={id} />
      <Facts
        facts={[
          [
            "Event type",
            <Link key="type" to={pathOfType(workflow.eventType)} className="mono">
              {workflow.eventType}
            </Link>,
          ],
          ["Version", `${workflow.version}`],
          ["Created", <Moment key="made" at={workflow.createdAt} />],
          ["Updated", <Moment key="changed" at={workflow.updatedAt} />],
        ]}
      />
      <WorkflowSteps eventType={workflow.eventType} steps={workflow.steps} />
      <WorkflowInstalls workflowId={id} steps={workflow.steps} />
      <WorkflowRuns workflowId={id} />
    </Page>
  );
}
