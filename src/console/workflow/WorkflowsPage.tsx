import type { ResultOf } from "gql.tada";
import { Plus } from "lucide-react";
import { useEffect } from "react";
import { Link, useLocation } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { RunDots } from "../run/RunDots.tsx";
import { onKey } from "../shell/keys.ts";
import { counted } from "../ui/counted.ts";
import { Badge } from "../ui/layout/Badge.tsx";
import { Page } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { type Column, Table } from "../ui/layout/Table.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { Ago } from "../ui/time/Time.tsx";

const WorkflowsDocument = graphql(`
  query Workflows($after: String) {
    workflows(first: 50, after: $after) {
      nodes {
        id name eventType status
        steps { id }
        installs(first: 10) { nodes { id active } pageInfo { hasNextPage } }
        runs(first: 8) { nodes { id status createdAt } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

type Row = ResultOf<typeof WorkflowsDocument>["workflows"]["nodes"][number];

const columns: Column<Row>[] = [
  {
    title: "Workflow",
    cell: ({ id, name }) => (
      <Link to={`/workflows/${id}`} className="cover">
        {name}
      </Link>
    ),
  },
  { title: "Status", cell: ({ status }) => <Badge state={status} /> },
  { title: "Event type", cell: ({ eventType }) => <code>{eventType}</code> },
  { title: "Steps", isNumber: true, cell: ({ steps }) => steps.length },
  {
    title: "Installed for",
    isNumber: true,
    cell: ({ installs: { nodes, pageInfo } }) => {
      const count = nodes.filter(({ active }) => active).length;
      if (pageInfo.hasNextPage) return `${count}+ users`;
      return counted(count, "user");
    },
  },
  { title: "Last runs", cell: ({ runs }) => <RunDots runs={runs.nodes.toReversed()} /> },
  {
    title: "Last run",
    isNumber: true,
    cell: ({ runs: { nodes } }) =>
      nodes[0] ? <Ago at={nodes[0].createdAt} /> : <span className="faint">Never</span>,
  },
];

/** All workflows and the results of their last runs. */
export function WorkflowsPage() {
  const [, navigate] = useLocation();
  const place = usePlace("");
  const { data, error, isLoading, refresh } = useLiveQuery(
    WorkflowsDocument,
    { after: place.after },
    ({ __typename }) => __typename === "WorkflowRun",
  );
  useEffect(() => onKey("n", () => navigate("/workflows/new")), [navigate]);
  const create = (
    <RoleButton needs="ADMIN" look="primary" onClick={() => navigate("/workflows/new")}>
      <Plus size={14} /> <span>New workflow</span>
    </RoleButton>
  );
  const workflows = data?.workflows.nodes ?? [];
  return (
    <Page title="Workflows" tools={create}>
      {isLoading && <Loading />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {data && workflows.length === 0 && (
        <Empty title="No workflows yet.">
          <p>
            A workflow makes a sequence of HTTP calls when an event is emitted for a user who has
            installed it.
          </p>
          {create}
        </Empty>
      )}
      {workflows.length > 0 && (
        <Table
          label="Workflows"
          columns={columns}
          rows={workflows}
          to={({ id }) => `/workflows/${id}`}
        />
      )}
      {data && <Pager place={place} pageInfo={data.workflows.pageInfo} />}
    </Page>
  );
}
