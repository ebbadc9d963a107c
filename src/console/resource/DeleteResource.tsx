import { useLocation } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { Modal } from "../ui/Modal.tsx";
import { useAct } from "../ui/useAct.ts";
import { pathOfType } from "./paths.ts";

const DeleteDocument = graphql(`
  mutation DeleteResource($type: String!, $id: String!) {
    deleteResource(type: $type, resourceId: $id) {
      resource { id }
      userErrors { code message path }
    }
  }
`);

type Props = { type: string; id: string; onClose: () => void };

/** Asks for confirmation and deletes a resource. */
export function DeleteResource({ type, id, onClose }: Props) {
  const [, navigate] = useLocation();
  const remove = useAct(DeleteDocument);
  const confirm = async () => {
    if (await remove.run({ type, id }, "The resource is deleted.")) navigate(pathOfType(type));
  };
  return (
    <Modal
      title="Delete the resource?"
      isOpen
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Keep resource</Button>
          <Button look="danger" isBusy={remove.isRunning} onClick={confirm}>
            Delete resource
          </Button>
        </>
      }
    >
      <p>
        <strong>{id}</strong> of {type} is deleted. The deletion event of its type is emitted with
        the last state, and the id can be used again.
      </p>
    </Modal>
  );
}
