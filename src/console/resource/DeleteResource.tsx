import { useLocation } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { Confirm } from "../ui/Confirm.tsx";
import { useAct } from "../ui/useAct.ts";
import { pathOfType } from "./paths.ts";

const DeleteDocument = graphql(`
  mutation DeleteResource($type: String!, $id: String!) {
    deleteResource(type: $type, resourceId: $id) {
      resource { id }
      userErrors { code message path }
    }
  }
`);

type Props = { type: string; id: string; onClose: () => void };

/** Asks for confirmation and deletes a resource. */
export function DeleteResource({ type, id, onClose }: Props) {
  const [, navigate] = useLocation();
  const remove = useAct(DeleteDocument);
  const confirm = async () => {
    if (await remove.run({ type, id }, "The resource is deleted.")) navigate(pathOfType(type));
  };
  return (
    <Confirm
      title="Delete the resource?"
      labels={{ keep: "Keep resource", confirm: "Delete resource" }}
      isBusy={remove.isRunning}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        <strong>{id}</strong> of {type} is deleted. The deletion event of its type is emitted with
        the last state, and the id can be used again.
      </p>
    </Confirm>
  );
}
