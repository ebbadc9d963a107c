import { useState } from "react";
import { graphql } from "../gql/graphql.ts";
import { Rotation } from "../ui/Rotation.tsx";
import { useAct } from "../ui/useAct.ts";
import { HookSecret } from "./HookSecret.tsx";

const RotateDocument = graphql(`
  mutation RotateHookSecret($id: ID!, $overlapHours: Int!) {
    rotateHookSecret(id: $id, overlapHours: $overlapHours) {
      hook { id publicKey }
      secret
      userErrors { code message path }
    }
  }
`);

/** Rotates a hook's secret and shows the new one once, or its public key. */
export function RotateSecret({ id, onClose }: { id: string; onClose: () => void }) {
  const [secret, setSecret] = useState<string | null>(null);
  const rotate = useAct(RotateDocument, { showsUserErrors: true });
  return (
    <Rotation
      title="Rotate the secret"
      error={rotate.userErrors[0]?.message}
      isBusy={rotate.isRunning}
      onRotate={async (overlapHours) => {
        const answer = await rotate.run({ id, overlapHours });
        setSecret(answer?.secret ?? answer?.hook?.publicKey ?? null);
      }}
      onClose={onClose}
    >
      {secret !== null && <HookSecret secret={secret} />}
    </Rotation>
  );
}
