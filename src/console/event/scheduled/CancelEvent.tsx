import { graphql } from "../../gql/graphql.ts";
import { Confirm } from "../../ui/Confirm.tsx";
import { useAct } from "../../ui/useAct.ts";

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
    <Confirm
      title="Cancel the event?"
      labels={{ keep: "Keep event", confirm: "Cancel event" }}
      isBusy={cancel.isRunning}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        <strong>{name}</strong> will not be delivered, and its buttons cannot be pressed. It stays
        in the feed.
      </p>
    </Confirm>
  );
}
