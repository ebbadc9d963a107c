import type { ResultOf } from "gql.tada";
import { Plus } from "lucide-react";
import { useState } from "react";
import { graphql, type Json } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { useMay } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Section } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { type Column, Table } from "../ui/layout/Table.tsx";
import { Failure, Loading } from "../ui/Notice.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { Ago } from "../ui/time/Time.tsx";
import { InstallWorkflow } from "./InstallWorkflow.tsx";
import { UninstallWorkflow } from "./UninstallWorkflow.tsx";
import { variablesNamed } from "./variables.ts";
import "./WorkflowInstalls.css";

const InstallsDocument = graphql(`
  query WorkflowInstalls($id: ID!, $after: String) {
    workflow(id: $id) {
      id
      installs(first: 20, after: $after) {
        nodes { id userId active variables updatedAt }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

type Workflow = NonNullable<ResultOf<typeof InstallsDocument>["workflow"]>;
type Row = Workflow["installs"]["nodes"][number];

const namesIn = (variables: Json) =>
  typeof variables === "object" && variables !== null ? Object.keys(variables) : [];

const columns: Column<Row>[] = [
  { title: "User", cell: ({ userId }) => <span className="installs-user">{userId}</span> },
  { title: "Status", cell: ({ active }) => <Badge state={active ? "ACTIVE" : "UNINSTALLED"} /> },
  {
    title: "Variables",
    cell: ({ variables }) => (
      <code className="installs-user">{namesIn(variables).join(", ") || "None"}</code>
    ),
  },
  { title: "Updated", cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
];

type Opened = { what: "install" | "uninstall"; row: Row | null } | null;
type Props = { workflowId: string; steps: Parameters<typeof variablesNamed>[0] };

/** The installations of a workflow. */
export function WorkflowInstalls({ workflowId, steps }: Props) {
  const may = useMay();
  const place = usePlace(workflowId);
  const [opened, setOpened] = useState<Opened>(null);
  const { data, error, isLoading, refresh } = useLiveQuery(
    InstallsDocument,
    { id: workflowId, after: place.after },
    () => false,
  );
  const installs = data?.workflow?.installs;
  const close = () => {
    setOpened(null);
    refresh();
  };
  const tools: Column<Row> = {
    title: "",
    isNumber: true,
    cell: (row) => (
      <div className="installs-tools">
        <Button
          aria-label={`${row.active ? "Edit" : "Install again for"} ${row.userId}`}
          onClick={() => setOpened({ what: "install", row })}
        >
          <span>{row.active ? "Edit" : "Install again"}</span>
        </Button>
        {row.active && (
          <Button
            look="danger"
            aria-label={`Uninstall ${row.userId}`}
            onClick={() => setOpened({ what: "uninstall", row })}
          >
            <span>Uninstall</span>
          </Button>
        )}
      </div>
    ),
  };
  return (
    <Section
      title="Installed for"
      tools={
        <RoleButton needs="ADMIN" onClick={() => setOpened({ what: "install", row: null })}>
          <Plus size={14} /> <span>Install for a user</span>
        </RoleButton>
      }
    >
      {isLoading && <Loading rows={2} />}
      {error && !data && <Failure error={error} onRetry={refresh} />}
      {installs?.nodes.length === 0 && (
        <p className="soft">Nobody yet. The workflow runs only for users who have installed it.</p>
      )}
      {installs && installs.nodes.length > 0 && (
        <Table
          label="Installed for"
          columns={may.administer ? [...columns, tools] : columns}
          rows={installs.nodes}
        />
      )}
      {installs && <Pager place={place} pageInfo={installs.pageInfo} />}
      {opened?.what === "install" && (
        <InstallWorkflow
          workflowId={workflowId}
          userId={opened.row?.userId ?? null}
          variables={opened.row?.variables ?? variablesNamed(steps)}
          onClose={close}
        />
      )}
      {opened?.what === "uninstall" && opened.row && (
        <UninstallWorkflow workflowId={workflowId} userId={opened.row.userId} onClose={close} />
      )}
    </Section>
  );
}
