import { graphql } from "../gql/graphql.ts";
import { Confirm } from "../ui/Confirm.tsx";
import { useAct } from "../ui/useAct.ts";

const UninstallDocument = graphql(`
  mutation UninstallWorkflow($workflowId: ID!, $userId: String!) {
    uninstallWorkflow(workflowId: $workflowId, userId: $userId) {
      installation { id active }
      userErrors { code message path }
    }
  }
`);

type Props = { workflowId: string; userId: string; onClose: () => void };

/** Asks for confirmation and uninstalls a workflow for a user. */
export function UninstallWorkflow({ workflowId, userId, onClose }: Props) {
  const uninstall = useAct(UninstallDocument);
  const confirm = async () => {
    if (await uninstall.run({ workflowId, userId }, "The workflow is uninstalled.")) onClose();
  };
  return (
    <Confirm
      title="Uninstall the workflow?"
      labels={{ keep: "Keep installed", confirm: "Uninstall" }}
      isBusy={uninstall.isRunning}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        Events of <strong>{userId}</strong> no longer start runs. Runs in progress continue, and the
        history is kept.
      </p>
    </Confirm>
  );
}
