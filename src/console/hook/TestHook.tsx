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
import { ExampleDocument, idOfResource } from "./TriggerHook.tsx";

const TestDocument = graphql(`
  mutation TestHook($id: ID!, $type: String, $data: JSON) {
    testHook(id: $id, type: $type, data: $data) {
      delivery { id event { id } }
      userErrors { code message path }
    }
  }
`);

type Props = { id: string; type: string | undefined; format: string; onClose: () => void };

/** Sends a test event to one hook. */
export function TestHook({ id, type: own = "", format, onClose }: Props) {
  const [type, setType] = useState(own);
  const [{ data }] = useQuery({ query: ExampleDocument, variables: { name: type } });
  const [written, setWritten] = useState<string | null>(null);
  const [, navigate] = useLocation();
  const test = useAct(TestDocument, { showsUserErrors: true });
  const example = format === "RESOURCE" ? idOfResource : (data?.eventType?.example ?? {});
  const text = written ?? JSON.stringify(example, null, 2);
  const parsed = parseJson(text);
  const [refused] = test.userErrors;
  const ofType = refused?.path[0] === "type" ? refused.message : undefined;
  const problem = "problem" in parsed ? parsed.problem : ofType ? undefined : refused?.message;
  const confirm = async () => {
    if ("problem" in parsed) return;
    const answer = await test.run({ id, type, data: parsed.value });
    if (!answer?.delivery) return;
    toast("The test is sent.");
    navigate(`/events/${answer.delivery.event.id}`);
  };
  return (
    <Modal
      title="Test this hook"
      isOpen
      onClose={onClose}
      foot={
        <Button
          look="primary"
          isBusy={test.isRunning}
          disabled={"problem" in parsed || type === ""}
          onClick={confirm}
        >
          Send test
        </Button>
      }
    >
      <p className="soft">
        Only this hook receives the event, whatever its types and filter are. Its requests have the
        header signalbox-test.
      </p>
      <Field label="Type" error={ofType}>
        <input value={type} onChange={({ target }) => setType(target.value)} />
      </Field>
      <Field label="Data (JSON)" error={problem}>
        <textarea
          rows={10}
          spellCheck={false}
          value={text}
          onChange={({ target }) => setWritten(target.value)}
        />
      </Field>
    </Modal>
  );
}
