import { EventDialog } from "../event/EventDialog.tsx";
import { graphql } from "../gql/graphql.ts";
import { useAct } from "../ui/useAct.ts";

const TriggerDocument = graphql(`
  mutation TriggerHook($id: ID!, $data: JSON) {
    triggerHook(id: $id, data: $data) {
      event { id }
      userErrors { code message path }
    }
  }
`);

type Props = { id: string; type: string; format: string; onClose: () => void };

/** Emits an event of a hook's type by hand. */
export function TriggerHook({ id, type, ...rest }: Props) {
  const trigger = useAct(TriggerDocument, { showsUserErrors: true });
  return (
    <EventDialog
      {...rest}
      title={`Emit ${type}`}
      labels={{ send: "Emit", sent: "The event is emitted." }}
      type={type}
      userErrors={trigger.userErrors}
      isBusy={trigger.isRunning}
      onSend={async (data) => (await trigger.run({ id, data }))?.event?.id ?? null}
    >
      <p className="soft">
        Every hook and workflow of this type receives the event, not only this hook.
      </p>
    </EventDialog>
  );
}
