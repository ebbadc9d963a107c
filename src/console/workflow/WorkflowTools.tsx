import { Pause, Play } from "lucide-react";
import { useLocation } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { useAct } from "../ui/useAct.ts";

const ReleaseDocument = graphql(`
  mutation ReleaseWorkflow($id: ID!) {
    releaseWorkflow(id: $id) { workflow { id status } userErrors { code message path } }
  }
`);

const PauseDocument = graphql(`
  mutation PauseWorkflow($id: ID!) {
    pauseWorkflow(id: $id) { workflow { id status } userErrors { code message path } }
  }
`);

/** The buttons of a workflow. */
export function WorkflowTools({ workflow }: { workflow: { id: string; status: string } }) {
  const [, navigate] = useLocation();
  const release = useAct(ReleaseDocument);
  const pause = useAct(PauseDocument);
  const { id, status } = workflow;
  return (
    <>
      {status === "RELEASED" ? (
        <RoleButton
          needs="ADMIN"
          isBusy={pause.isRunning}
          onClick={() => pause.run({ id }, "The workflow is paused. It starts no new runs.")}
        >
          <Pause size={14} /> <span>Pause</span>
        </RoleButton>
      ) : (
        <RoleButton
          needs="ADMIN"
          look="primary"
          isBusy={release.isRunning}
          onClick={() => release.run({ id }, "The workflow is released.")}
        >
          <Play size={14} /> <span>Release</span>
        </RoleButton>
      )}
      <RoleButton needs="ADMIN" onClick={() => navigate(`/workflows/${id}/edit`)}>
        Edit
      </RoleButton>
    </>
  );
}
