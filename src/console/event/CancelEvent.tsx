import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { Modal } from "../ui/Modal.tsx";
import { useAct } from "../ui/useAct.ts";

const CancelEventDocument = graphql(`
  mutation CancelEvent($id: ID!) {
    cancelEvent(id: $id) {
      event { id status }
      userErrors { code message path }
    }
  }
`);

type Props = { id: string; name: string; onClose: () => void };

/** Asks for confirmation and cancels a scheduled event. */
export function CancelEvent({ id, name, onClose }: Props) {
  const cancel = useAct(CancelEventDocument);
  const confirm = async () => {
    if (await cancel.run({ id }, "The event is cancelled.")) onClose();
  };
  return (
    <Modal
      title="Cancel the event?"
      isOpen
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Keep event</Button>
          <Button look="danger" isBusy={cancel.isRunning} onClick={confirm}>
            Cancel event
          </Button>
        </>
      }
    >
      <p>
        <strong>{name}</strong> will not be delivered, and its buttons cannot be pressed. It stays
        in the feed.
      </p>
    </Modal>
  );
}
