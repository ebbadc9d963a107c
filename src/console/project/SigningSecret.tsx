import { useState } from "react";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { Section } from "../ui/layout/Page.tsx";
import { Rotation } from "../ui/Rotation.tsx";
import { SecretOnce } from "../ui/SecretOnce.tsx";
import { useAct } from "../ui/useAct.ts";

const RotateDocument = graphql(`
  mutation RotateSigningSecret($overlapHours: Int!) {
    rotateSigningSecret(overlapHours: $overlapHours) {
      secret
      userErrors { code message path }
    }
  }
`);

/** Rotates the secret that signs presses and workflow steps. Only the new one is shown, once. */
export function SigningSecret() {
  const [isRotating, setIsRotating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const rotate = useAct(RotateDocument, { showsUserErrors: true });
  const close = () => {
    setIsRotating(false);
    setSecret(null);
  };
  return (
    <Section
      title="Signing secret"
      tools={<Button onClick={() => setIsRotating(true)}>Rotate the signing secret</Button>}
    >
      <p className="soft">
        Signs the requests of buttons and workflow steps (Standard Webhooks). Each hook has its own
        secret.
      </p>
      {isRotating && (
        <Rotation
          title="Rotate the signing secret"
          error={rotate.userErrors[0]?.message}
          isBusy={rotate.isRunning}
          onRotate={async (overlapHours) =>
            setSecret((await rotate.run({ overlapHours }))?.secret ?? null)
          }
          onClose={close}
        >
          {secret !== null && (
            <SecretOnce secret={secret} label="Copy the secret">
              Shown only once. Your servers verify the requests of buttons and workflow steps with
              it.
            </SecretOnce>
          )}
        </Rotation>
      )}
    </Section>
  );
}
