import { useState } from "react";
import { useQuery } from "urql";
import { useLocation } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { parseJson } from "../ui/json/parseJson.ts";
import { Modal } from "../ui/Modal.tsx";
import { toast } from "../ui/Toasts.tsx";
import { useAct } from "../ui/useAct.ts";

/** The example of an event type. */
export const ExampleDocument = graphql(`
  query EventTypeExample($name: String!) {
    eventType(name: $name) { id example }
  }
`);

/** The example for hooks of format RESOURCE: the id of the resource. */
export const idOfResource = { id: "" };

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
export function TriggerHook({ id, type, format, onClose }: Props) {
  const [{ data }] = useQuery({ query: ExampleDocument, variables: { name: type } });
  const [written, setWritten] = useState<string | null>(null);
  const [, navigate] = useLocation();
  const trigger = useAct(TriggerDocument, { showsUserErrors: true });
  const example = format === "RESOURCE" ? idOfResource : (data?.eventType?.example ?? {});
  const text = written ?? JSON.stringify(example, null, 2);
  const parsed = parseJson(text);
  const problem = "problem" in parsed ? parsed.problem : trigger.userErrors[0]?.message;
  const confirm = async () => {
    if ("problem" in parsed) return;
    const answer = await trigger.run({ id, data: parsed.value });
    if (!answer?.event) return;
    toast("The event is emitted.");
    navigate(`/events/${answer.event.id}`);
  };
  return (
    <Modal
      title={`Emit ${type}`}
      isOpen
      onClose={onClose}
      foot={
        <Button
          look="primary"
          isBusy={trigger.isRunning}
          disabled={"problem" in parsed}
          onClick={confirm}
        >
          Emit
        </Button>
      }
    >
      <p className="soft">
        Every hook and workflow of this type receives the event, not only this hook.
      </p>
      <Field label="Data (JSON)" error={problem}>
        <textarea
          rows={10}
          spellCheck={false}
          value={text}
          onChange={(event) => setWritten(event.target.value)}
        />
      </Field>
    </Modal>
  );
}
