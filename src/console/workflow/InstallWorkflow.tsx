import { useState } from "react";
import { graphql, type Json } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { CodeField } from "../ui/code/CodeField.tsx";
import { Field } from "../ui/Field.tsx";
import { Modal } from "../ui/Modal.tsx";
import { useAct } from "../ui/useAct.ts";
import { parseVariables } from "./variables.ts";

const InstallDocument = graphql(`
  mutation InstallWorkflow($workflowId: ID!, $userId: String!, $variables: JSON) {
    installWorkflow(workflowId: $workflowId, userId: $userId, variables: $variables) {
      installation { id active }
      userErrors { code message path }
    }
  }
`);

type Props = {
  workflowId: string;
  /** The user whose variables are edited; null to ask for a user. */
  userId: string | null;
  variables: Json;
  onClose: () => void;
};

/** Installs a workflow for a user, or changes the user's variables. */
export function InstallWorkflow({ workflowId, userId: given, variables, onClose }: Props) {
  const [userId, setUserId] = useState(given ?? "");
  const [text, setText] = useState(JSON.stringify(variables, null, 2));
  const install = useAct(InstallDocument, { showsUserErrors: true });
  const parsed = parseVariables(text);
  const errorOf = (field: string) =>
    install.userErrors.find(({ path }) => path[0] === field)?.message;
  const confirm = async () => {
    if ("problem" in parsed) return;
    const input = { workflowId, userId, variables: parsed.value };
    if (await install.run(input, "The workflow is installed.")) onClose();
  };
  return (
    <Modal
      title={given === null ? "Install for a user" : `Variables of ${given}`}
      isOpen
      isForm
      onClose={onClose}
      foot={
        <Button
          look="primary"
          isBusy={install.isRunning}
          disabled={userId === "" || "problem" in parsed}
          onClick={confirm}
        >
          {given === null ? "Install" : "Save"}
        </Button>
      }
    >
      {given === null && (
        <Field
          label="User"
          hint="As in the userId of events."
          error={errorOf("userId") ?? errorOf("workflowId")}
        >
          <input
            value={userId}
            autoComplete="off"
            spellCheck={false}
            onChange={({ target }) => setUserId(target.value)}
          />
        </Field>
      )}
      <CodeField
        label="Variables (JSON)"
        hint="The variable “user” of the templates, such as tokens and URLs. At most 16 KiB, stored encrypted."
        error={"problem" in parsed ? parsed.problem : errorOf("variables")}
        language="json"
        rows={8}
        value={text}
        onChange={setText}
      />
    </Modal>
  );
}
