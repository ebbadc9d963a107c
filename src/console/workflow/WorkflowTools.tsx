import { Pause, Play } from "lucide-react";
import { useLocation } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useMay } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
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

/** The buttons of a workflow that the key's role allows. */
export function WorkflowTools({ workflow }: { workflow: { id: string; status: string } }) {
  const may = useMay();
  const [, navigate] = useLocation();
  const release = useAct(ReleaseDocument);
  const pause = useAct(PauseDocument);
  const { id, status } = workflow;
  if (!may.administer) return null;
  return (
    <>
      {status === "RELEASED" ? (
        <Button
          isBusy={pause.isRunning}
          onClick={() => pause.run({ id }, "The workflow is paused. It starts no new runs.")}
        >
          <Pause size={14} /> <span>Pause</span>
        </Button>
      ) : (
        <Button
          look="primary"
          isBusy={release.isRunning}
          onClick={() => release.run({ id }, "The workflow is released.")}
        >
          <Play size={14} /> <span>Release</span>
        </Button>
      )}
      <Button onClick={() => navigate(`/workflows/${id}/edit`)}>Edit</Button>
    </>
  );
}
