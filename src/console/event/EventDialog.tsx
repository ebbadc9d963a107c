import { type ReactNode, useState } from "react";
import { useQuery } from "urql";
import { useLocation } from "wouter";
import { useTypes } from "../eventType/useTypes.ts";
import { graphql, type Json } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { CodeField } from "../ui/code/CodeField.tsx";
import { parseJson } from "../ui/json/parseJson.ts";
import { Modal } from "../ui/Modal.tsx";
import { toast } from "../ui/Toasts.tsx";
import type { UserError } from "../ui/useAct.ts";

const ExampleDocument = graphql(`
  query EventTypeExample($name: String!) {
    eventType(name: $name) { id example }
  }
`);

/** The example for hooks of format RESOURCE: the id of the resource. */
const idOfResource = { id: "" };

type Props = {
  title: string;
  labels: { send: string; sent: string };
  type: string;
  format: string;
  userErrors: UserError[];
  isBusy: boolean;
  /** Sends the event; its id, or null if that was refused. */
  onSend: (data: Json) => Promise<string | null>;
  onClose: () => void;
  /** What happens, and further fields. */
  children: ReactNode;
};

/** A dialog that makes an event of a type by hand and leads to it. */
export function EventDialog({ type, format, userErrors, labels, ...props }: Props) {
  const [{ data }] = useQuery({ query: ExampleDocument, variables: { name: type } });
  const { scope } = useTypes(type);
  const [written, setWritten] = useState<string | null>(null);
  const [, navigate] = useLocation();
  const example = format === "RESOURCE" ? idOfResource : (data?.eventType?.example ?? {});
  const text = written ?? JSON.stringify(example, null, 2);
  const parsed = parseJson(text);
  const refused = userErrors.find(({ path }) => path[0] !== "type")?.message;
  const confirm = async () => {
    if ("problem" in parsed) return;
    const id = await props.onSend(parsed.value);
    if (id === null) return;
    toast(labels.sent);
    navigate(`/events/${id}`);
  };
  return (
    <Modal
      title={props.title}
      isOpen
      isForm
      onClose={props.onClose}
      foot={
        <Button
          look="primary"
          isBusy={props.isBusy}
          disabled={"problem" in parsed || type === ""}
          onClick={confirm}
        >
          {labels.send}
        </Button>
      }
    >
      {props.children}
      <CodeField
        label="Data (JSON)"
        language="json"
        error={"problem" in parsed ? parsed.problem : refused}
        scope={scope}
        rows={10}
        value={text}
        onChange={setWritten}
      />
    </Modal>
  );
}
