import { useState } from "react";
import { useLocation } from "wouter";
import { graphql } from "../../gql/graphql.ts";
import { dropDraft } from "../../kept/useDraft.ts";
import { useBarred } from "../../session/session.ts";
import { Button } from "../../ui/Button.tsx";
import { Page } from "../../ui/layout/Page.tsx";
import { Modal } from "../../ui/Modal.tsx";
import { Empty } from "../../ui/Notice.tsx";
import { useAct } from "../../ui/useAct.ts";
import { HookSecret } from "../HookSecret.tsx";
import { HookForm } from "./HookForm.tsx";
import { emptyDraft, type HookDraft, registrationOf } from "./hookDraft.ts";

const RegisterDocument = graphql(`
  mutation RegisterHook($input: RegisterHookInput!) {
    registerHook(input: $input) {
      hook { id status publicKey }
      secret
      userErrors { code message path }
    }
  }
`);

/** Registers a hook and shows its secret once, or its public key. */
export function NewHookPage() {
  const [, navigate] = useLocation();
  const [made, setMade] = useState<{ id: string; status: string; secret: string } | null>(null);
  const register = useAct(RegisterDocument, { showsUserErrors: true });
  const barred = useBarred("ADMIN", "Creating hooks");
  if (barred !== null) return <Empty title={barred} />;
  const submit = async (draft: HookDraft) => {
    const answer = await register.run({ input: registrationOf(draft) });
    const secret = answer?.secret ?? answer?.hook?.publicKey;
    if (!answer?.hook || !secret) return;
    dropDraft();
    setMade({ ...answer.hook, secret });
  };
  const open = () => navigate(`/hooks/${made?.id}`);
  return (
    <Page title="New hook" back={{ to: "/hooks", label: "Hooks" }}>
      <HookForm
        isNew
        draft={emptyDraft}
        userErrors={register.userErrors}
        isBusy={register.isRunning}
        done="Create hook"
        onSubmit={submit}
        onCancel={() => {
          dropDraft();
          navigate("/hooks");
        }}
        headersHint="One per line, sent with every request. Stored encrypted."
      />
      {made && (
        <Modal
          title={
            made.status === "PENDING_VERIFICATION"
              ? "The hook is waiting for its target's consent"
              : `The hook is ${made.status.toLowerCase()}`
          }
          isOpen
          onClose={open}
          foot={
            <Button look="primary" onClick={open}>
              I have saved it
            </Button>
          }
        >
          <HookSecret secret={made.secret} />
        </Modal>
      )}
    </Page>
  );
}
