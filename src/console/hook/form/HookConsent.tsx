import { type FormEvent, useState } from "react";
import { graphql } from "../../gql/graphql.ts";
import { useMay } from "../../session/session.ts";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import { RoleNote } from "../../ui/role/RoleNote.tsx";
import { useAct } from "../../ui/useAct.ts";
import "./HookConsent.css";

const ConfirmDocument = graphql(`
  mutation ConfirmHook($id: ID!, $secret: String!) {
    confirmHook(id: $id, secret: $secret) { hook { id status } userErrors { code message path } }
  }
`);

const AskAgainDocument = graphql(`
  mutation AskHookAgain($id: ID!, $url: String!) {
    updateHook(id: $id, input: { url: $url }) {
      hook { id status statusReason }
      userErrors { code message path }
    }
  }
`);

const awaited: Readonly<Record<string, string>> = {
  HOOK_SECRET:
    "The hub sent the target an empty POST with the header X-Hook-Secret. The target must echo that header with 200 or 204. You can also confirm here with the value that the target received.",
  CLOUD_EVENTS:
    "The hub sent the target an OPTIONS request with WebHook-Request-Origin. The target must answer with WebHook-Allowed-Origin.",
};

type Props = {
  hook: { id: string; url: string; verification: string; statusReason: string | null };
};

/** What a PENDING_VERIFICATION hook waits for, and the two ways to activate it. */
export function HookConsent({ hook: { id, url, verification, statusReason } }: Props) {
  const [secret, setSecret] = useState("");
  const confirm = useAct(ConfirmDocument, { showsUserErrors: true });
  const again = useAct(AskAgainDocument);
  const may = useMay();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    await confirm.run({ id, secret: secret.trim() }, "The hook is active.");
  };
  return (
    <section className="hook-consent" aria-label="Consent">
      <h2>The target has to consent first</h2>
      <p>{awaited[verification]} Until then, the hook receives no events.</p>
      {statusReason !== null && (
        <p>
          Last result: <span className="soft">{statusReason}.</span>
        </p>
      )}
      <RoleNote needs="ADMIN" what="Confirming the hook or asking its target again" />
      {may.administer && (
        <form className="hook-consent-form" onSubmit={submit}>
          {verification === "HOOK_SECRET" && (
            <>
              <Field label="X-Hook-Secret" error={confirm.userErrors[0]?.message}>
                <input
                  value={secret}
                  spellCheck={false}
                  autoComplete="off"
                  onChange={({ target }) => setSecret(target.value)}
                />
              </Field>
              <Button
                type="submit"
                look="primary"
                isBusy={confirm.isRunning}
                disabled={secret.trim() === ""}
              >
                Confirm
              </Button>
            </>
          )}
          <Button
            isBusy={again.isRunning}
            onClick={() => again.run({ id, url }, "Asking the target again.")}
          >
            Ask again
          </Button>
        </form>
      )}
    </section>
  );
}
