import { graphql } from "../gql/graphql.ts";
import { Confirm } from "../ui/Confirm.tsx";
import { useAct } from "../ui/useAct.ts";

const RevokeDocument = graphql(`
  mutation RevokeApiKey($id: ID!) {
    revokeApiKey(id: $id) { apiKey { id revokedAt } userErrors { code message path } }
  }
`);

type Props = { apiKey: { id: string; name: string }; onClose: () => void };

/** Asks for confirmation and revokes a key. */
export function RevokeApiKey({ apiKey, onClose }: Props) {
  const revoke = useAct(RevokeDocument);
  const confirm = async () => {
    await revoke.run({ id: apiKey.id }, "The key is revoked.");
    onClose();
  };
  return (
    <Confirm
      title="Revoke the key?"
      labels={{ keep: "Keep key", confirm: "Revoke key" }}
      isBusy={revoke.isRunning}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        Requests with <strong>{apiKey.name}</strong> will be rejected; its streams end within 5
        seconds.
      </p>
    </Confirm>
  );
}
