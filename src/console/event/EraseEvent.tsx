import { useState } from "react";
import { graphql } from "../gql/graphql.ts";
import { Confirm } from "../ui/Confirm.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { useAct } from "../ui/useAct.ts";

const ExpungeEventDocument = graphql(`
  mutation ExpungeEvent($id: ID!) {
    expungeEvent(id: $id) {
      events
      userErrors { code message path }
    }
  }
`);

type Props = { event: { id: string; name: string } };

/** The button that erases an event's content for good. */
export function EraseEvent({ event: { id, name } }: Props) {
  const [isAsked, setAsked] = useState(false);
  const erase = useAct(ExpungeEventDocument);
  const confirm = async () => {
    if (await erase.run({ id }, "The content is erased.")) setAsked(false);
  };
  return (
    <>
      <RoleButton needs="ADMIN" look="danger" onClick={() => setAsked(true)}>
        Erase the content
      </RoleButton>
      {isAsked && (
        <Confirm
          title="Erase the content?"
          labels={{ keep: "Keep content", confirm: "Erase for good" }}
          isBusy={erase.isRunning}
          onConfirm={confirm}
          onClose={() => setAsked(false)}
        >
          <p>
            What <strong>{name}</strong> holds, and what was sent and answered, is gone for good.
            What waits to be sent is cancelled. Its type, times and states stay.
          </p>
        </Confirm>
      )}
    </>
  );
}
