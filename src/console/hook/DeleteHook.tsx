import { useLocation } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { Confirm } from "../ui/Confirm.tsx";
import { useAct } from "../ui/useAct.ts";

const DeleteDocument = graphql(`
  mutation DeleteHook($id: ID!) {
    deleteHook(id: $id) { hook { id status } userErrors { code message path } }
  }
`);

type Props = { id: string; name: string; onClose: () => void };

/** Asks for confirmation and deletes a hook. */
export function DeleteHook({ id, name, onClose }: Props) {
  const [, navigate] = useLocation();
  const remove = useAct(DeleteDocument);
  const confirm = async () => {
    if (await remove.run({ id }, "The hook is deleted.")) navigate("/hooks");
  };
  return (
    <Confirm
      title="Delete the hook?"
      labels={{ keep: "Keep hook", confirm: "Delete hook" }}
      isBusy={remove.isRunning}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        <strong>{name}</strong> will receive nothing more, and its waiting deliveries are cancelled.
        Its history is kept.
      </p>
    </Confirm>
  );
}
