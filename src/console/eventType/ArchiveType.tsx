import { useState } from "react";
import { graphql } from "../gql/graphql.ts";
import { Confirm } from "../ui/Confirm.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { useAct } from "../ui/useAct.ts";

const ArchiveDocument = graphql(`
  mutation ArchiveEventType($name: String!) {
    archiveEventType(name: $name) { eventType { id archivedAt } userErrors { code message path } }
  }
`);

/** A button that asks for confirmation and archives an event type. */
export function ArchiveType({ name, onDone }: { name: string; onDone: () => void }) {
  const [isAsking, setIsAsking] = useState(false);
  const archive = useAct(ArchiveDocument);
  const confirm = async () => {
    const answer = await archive.run({ name }, "The event type is archived.");
    setIsAsking(false);
    if (answer) onDone();
  };
  return (
    <>
      <RoleButton needs="ADMIN" look="danger" onClick={() => setIsAsking(true)}>
        Archive
      </RoleButton>
      {isAsking && (
        <Confirm
          title="Archive the event type?"
          labels={{ keep: "Keep type", confirm: "Archive type" }}
          isBusy={archive.isRunning}
          onConfirm={confirm}
          onClose={() => setIsAsking(false)}
        >
          <p>
            The data of new <strong>{name}</strong> events is no longer checked; a project that
            rejects unregistered types rejects them. Its events and versions stay, and a new version
            brings it back.
          </p>
        </Confirm>
      )}
    </>
  );
}
