import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { Modal } from "../ui/Modal.tsx";
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
    <Modal
      title="Revoke the key?"
      isOpen
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Keep key</Button>
          <Button look="danger" isBusy={revoke.isRunning} onClick={confirm}>
            Revoke key
          </Button>
        </>
      }
    >
      <p>
        Requests with <strong>{apiKey.name}</strong> will be rejected; its streams end within 5
        seconds.
      </p>
    </Modal>
  );
}
