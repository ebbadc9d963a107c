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

/** Asks before a workflow is uninstalled for a user. */
export function UninstallWorkflow({ workflowId, userId, onClose }: Props) {
  const uninstall = useAct(UninstallDocument);
  const confirm = async () => {
    if (await uninstall.run({ workflowId, userId }, "It is uninstalled.")) onClose();
  };
  return (
    <Modal
      title="Uninstall the workflow?"
      isOpen
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" isBusy={uninstall.isRunning} onClick={confirm}>
            Uninstall it
          </Button>
        </>
      }
    >
      <p>
        The events of <strong>{userId}</strong> start no more runs. Those under way go on, and the
        history stays.
      </p>
    </Modal>
  );
}
