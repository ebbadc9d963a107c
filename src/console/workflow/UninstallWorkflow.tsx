import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { Modal } from "../ui/Modal.tsx";
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
    <Modal
      title="Uninstall the workflow?"
      isOpen
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Keep installed</Button>
          <Button look="danger" isBusy={uninstall.isRunning} onClick={confirm}>
            Uninstall
          </Button>
        </>
      }
    >
      <p>
        Events of <strong>{userId}</strong> no longer start runs. Runs in progress continue, and the
        history is kept.
      </p>
    </Modal>
  );
}
