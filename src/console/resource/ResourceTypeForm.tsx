import { type FormEvent, useId, useState } from "react";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { Modal } from "../ui/Modal.tsx";
import { useAct } from "../ui/useAct.ts";
import type { ResourceType } from "./resourceTypes.ts";
import "./ResourceForm.css";

const RegisterDocument = graphql(`
  mutation RegisterResourceType($input: RegisterResourceTypeInput!) {
    registerResourceType(input: $input) {
      resourceType { id name }
      userErrors { code message path }
    }
  }
`);

type Props = {
  /** The edited type; null for a new one. */
  given: ResourceType | null;
  onClose: () => void;
  onSaved: (name: string) => void;
};

type Draft = { name: string; createdEvent: string; updatedEvent: string; deletedEvent: string };

/** Registers a resource type, or changes its events. */
export function ResourceTypeForm({ given, onClose, onSaved }: Props) {
  const form = useId();
  const [draft, setDraft] = useState<Draft>({
    name: given?.name ?? "",
    createdEvent: given?.createdEvent ?? "",
    updatedEvent: given?.updatedEvent ?? "",
    deletedEvent: given?.deletedEvent ?? "",
  });
  const register = useAct(RegisterDocument, { showsUserErrors: true });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const input = {
      name: draft.name.trim(),
      createdEvent: draft.createdEvent.trim(),
      updatedEvent: draft.updatedEvent.trim() || null,
      deletedEvent: draft.deletedEvent.trim() || null,
    };
    const answer = await register.run({ input }, "The type is registered.");
    if (answer?.resourceType) onSaved(answer.resourceType.name);
  };
  const propsOf = (name: keyof Draft) => ({
    value: draft[name],
    spellCheck: false,
    autoComplete: "off",
    onChange: ({ target }: { target: { value: string } }) =>
      setDraft({ ...draft, [name]: target.value }),
  });
  const errorOf = (name: keyof Draft) =>
    register.userErrors.find(({ path }) => path[0] === name)?.message;
  const isWhole = draft.name.trim() !== "" && draft.createdEvent.trim() !== "";
  return (
    <Modal
      title={given === null ? "New resource type" : `Events of ${given.name}`}
      isOpen
      isForm
      onClose={onClose}
      foot={
        <Button
          type="submit"
          form={form}
          look="primary"
          isBusy={register.isRunning}
          disabled={!isWhole}
        >
          {given === null ? "Register" : "Save"}
        </Button>
      }
    >
      <form id={form} className="resource-form" onSubmit={submit}>
        {given === null && (
          <Field
            label="Name"
            hint="The plural, such as tickets. Hooks receive resources under this key."
            error={errorOf("name")}
          >
            <input {...propsOf("name")} placeholder="tickets" />
          </Field>
        )}
        <Field label="Event on create" error={errorOf("createdEvent")}>
          <input {...propsOf("createdEvent")} placeholder="ticketCreated" />
        </Field>
        <Field label="Event on update" hint="Optional." error={errorOf("updatedEvent")}>
          <input {...propsOf("updatedEvent")} placeholder="ticketUpdated" />
        </Field>
        <Field label="Event on delete" hint="Optional." error={errorOf("deletedEvent")}>
          <input {...propsOf("deletedEvent")} placeholder="ticketDeleted" />
        </Field>
      </form>
    </Modal>
  );
}
