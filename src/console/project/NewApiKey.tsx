import { useState } from "react";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { statusText } from "../ui/layout/Badge.tsx";
import { Modal } from "../ui/Modal.tsx";
import { SecretOnce } from "../ui/SecretOnce.tsx";
import { useAct } from "../ui/useAct.ts";

const CreateDocument = graphql(`
  mutation CreateApiKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) {
      key
      userErrors { code message path }
    }
  }
`);

const roles = {
  VIEWER: "Reads everything except API keys and the audit log.",
  OPERATOR: "Also reads the audit log, presses buttons, retries and replays.",
  EMITTER: "Only emits events.",
  ADMIN: "May do everything.",
} as const;
type Role = keyof typeof roles;
const isRole = (text: string): text is Role => Object.hasOwn(roles, text);

/** Creates a key and shows it once. */
export function NewApiKey({ onMade, onClose }: { onMade: () => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("VIEWER");
  const [key, setKey] = useState<string | null>(null);
  const create = useAct(CreateDocument, { showsUserErrors: true });
  const confirm = async () => {
    const answer = await create.run({ input: { name, role } });
    if (!answer?.key) return;
    setKey(answer.key);
    onMade();
  };
  if (key !== null) {
    return (
      <Modal
        title="The new key"
        isOpen
        onClose={onClose}
        foot={
          <Button look="primary" onClick={onClose}>
            I have saved it
          </Button>
        }
      >
        <SecretOnce secret={key} label="Copy the key">
          Shown only once. The hub stores only a digest.
        </SecretOnce>
      </Modal>
    );
  }
  return (
    <Modal
      title="New key"
      isOpen
      onClose={onClose}
      foot={
        <Button
          look="primary"
          isBusy={create.isRunning}
          disabled={name.trim() === ""}
          onClick={confirm}
        >
          Create key
        </Button>
      }
    >
      <Field label="Name" hint="Who or what uses it." error={create.userErrors[0]?.message}>
        <input value={name} onChange={({ target }) => setName(target.value)} />
      </Field>
      <Field label="Role" hint={roles[role]}>
        <select
          value={role}
          onChange={({ target }) => isRole(target.value) && setRole(target.value)}
        >
          {Object.keys(roles).map((value) => (
            <option key={value} value={value}>
              {statusText(value)}
            </option>
          ))}
        </select>
      </Field>
    </Modal>
  );
}
