import { useState } from "react";
import { useLocation } from "wouter";
import { AudienceFields, forAll, inputOf, isWhole } from "../event/AudienceFields.tsx";
import { graphql, type Json } from "../gql/graphql.ts";
import { useTypedQuery } from "../live/useTypedQuery.ts";
import { Button } from "../ui/Button.tsx";
import { CodeField } from "../ui/code/CodeField.tsx";
import { Field } from "../ui/Field.tsx";
import { parseJson } from "../ui/json/parseJson.ts";
import { Modal } from "../ui/Modal.tsx";
import { toast } from "../ui/Toasts.tsx";
import { useAct } from "../ui/useAct.ts";
import { useTypes } from "./useTypes.ts";

const ValidateDocument = graphql(`
  query ValidateEvent($type: String!, $data: JSON) {
    validateEvent(type: $type, data: $data) { code message path }
  }
`);

const EmitDocument = graphql(`
  mutation EmitEvent($input: EmitEventInput!) {
    emitEvent(input: $input) {
      event { id }
      userErrors { code message path }
    }
  }
`);

/** What is wrong with the data, as it is typed. */
function useProblem(type: string, text: string): string | undefined {
  const parsed = parseJson(text);
  const { data } = useTypedQuery(
    ValidateDocument,
    "problem" in parsed ? null : { type, data: parsed.value },
  );
  if ("problem" in parsed) return parsed.problem;
  // Data of an archived type is not validated on emit, either.
  const found = data?.validateEvent.filter(({ code }) => code !== "UNKNOWN_TYPE") ?? [];
  return found.map(({ message }) => message).join("; ") || undefined;
}

type Props = { type: string; example: Json; onClose: () => void };

/** Emits an event of a type by hand; the data is validated as it is typed. */
export function EmitByHand({ type, example, onClose }: Props) {
  const [given] = useState(() => JSON.stringify(example ?? {}, null, 2));
  const [text, setText] = useState(given);
  const [name, setName] = useState("");
  const [audience, setAudience] = useState(forAll);
  const [, navigate] = useLocation();
  const { scope } = useTypes(type);
  const problem = useProblem(type, text);
  // What nobody has written yet is incomplete, not wrong.
  const isWritten = text !== given;
  const emit = useAct(EmitDocument, { showsUserErrors: true });
  const confirm = async () => {
    const parsed = parseJson(text);
    if ("problem" in parsed) return;
    const input = {
      ...{ type, data: parsed.value, ...inputOf(audience) },
      ...(name.trim() !== "" && { name: name.trim() }),
    };
    const answer = await emit.run({ input });
    if (!answer?.event) return;
    toast("The event is emitted.");
    navigate(`/events/${answer.event.id}`);
  };
  return (
    <Modal
      title={`Emit ${type}`}
      isOpen
      isForm
      onClose={onClose}
      foot={
        <Button
          look="primary"
          isBusy={emit.isRunning}
          disabled={problem !== undefined || !isWhole(audience)}
          onClick={confirm}
        >
          Emit
        </Button>
      }
    >
      <Field label="Name" hint="Shown to people. Empty: the type.">
        <input value={name} onChange={({ target }) => setName(target.value)} />
      </Field>
      <AudienceFields audience={audience} onChange={setAudience} />
      <CodeField
        label="Data (JSON)"
        language="json"
        hint={problem}
        error={(isWritten ? problem : undefined) ?? emit.userErrors[0]?.message}
        scope={scope}
        rows={12}
        value={text}
        onChange={setText}
      />
    </Modal>
  );
}
