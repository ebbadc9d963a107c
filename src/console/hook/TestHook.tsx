import { useState } from "react";
import { EventDialog } from "../event/EventDialog.tsx";
import { graphql } from "../gql/graphql.ts";
import { Field } from "../ui/Field.tsx";
import { useAct } from "../ui/useAct.ts";

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
export function TestHook({ id, type: own = "", ...rest }: Props) {
  const [type, setType] = useState(own);
  const test = useAct(TestDocument, { showsUserErrors: true });
  return (
    <EventDialog
      {...rest}
      title="Test this hook"
      labels={{ send: "Send test", sent: "The test is sent." }}
      type={type}
      userErrors={test.userErrors}
      isBusy={test.isRunning}
      onSend={async (data) => (await test.run({ id, type, data }))?.delivery?.event.id ?? null}
    >
      <p className="soft">
        Only this hook receives the event, whatever its types and filter are. Its requests have the
        header signalbox-test.
      </p>
      <Field label="Type" error={test.userErrors.find(({ path }) => path[0] === "type")?.message}>
        <input value={type} onChange={({ target }) => setType(target.value)} />
      </Field>
    </EventDialog>
  );
}
