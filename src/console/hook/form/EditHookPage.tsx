import { useState } from "react";
import { useQuery } from "urql";
import { useLocation } from "wouter";
import { graphql } from "../../gql/graphql.ts";
import { dropDraft } from "../../kept/useDraft.ts";
import { useBarred } from "../../session/session.ts";
import { Button } from "../../ui/Button.tsx";
import { Page } from "../../ui/layout/Page.tsx";
import { Modal } from "../../ui/Modal.tsx";
import { Empty, Failure, Loading } from "../../ui/Notice.tsx";
import { useAct } from "../../ui/useAct.ts";
import { HookSecret } from "../HookSecret.tsx";
import { HookForm } from "./HookForm.tsx";
import { type HookDraft, inputOf, isFormat, isSignature } from "./hookDraft.ts";

const EditDocument = graphql(`
  query EditHook($id: ID!) {
    hook(id: $id) {
      id url name types format filter userId channels retries timeoutMs retryScheduleMs headers
      unsubscribeOn finalStatuses disableAfter { failures hours } maxInFlight rateLimitPerSecond signature
      orderBy onOrderFailure template templateContentType selection changed description metadata
    }
  }
`);

const UpdateDocument = graphql(`
  mutation UpdateHook($id: ID!, $input: UpdateHookInput!) {
    updateHook(id: $id, input: $input) {
      hook { id publicKey }
      secret
      userErrors { code message path }
    }
  }
`);

/** Edits a hook, starting from its state when the page was opened. */
export function EditHookPage({ params: { id } }: { params: { id: string } }) {
  const [{ data, error, fetching }, read] = useQuery({
    query: EditDocument,
    variables: { id },
    requestPolicy: "network-only",
  });
  const [, navigate] = useLocation();
  const [made, setMade] = useState<string | null>(null);
  const update = useAct(UpdateDocument, { showsUserErrors: true });
  const barred = useBarred("ADMIN", "Changing hooks");
  if (barred !== null) return <Empty title={barred} />;
  if (error && !data) return <Failure error={error} onRetry={() => read()} />;
  if (fetching && !data) return <Loading />;
  const hook = data?.hook;
  if (!hook) return <Empty title="Hook not found." />;
  const draft: HookDraft = {
    url: hook.url,
    name: hook.name ?? "",
    types: hook.types.join(", "),
    format: isFormat(hook.format) ? hook.format : "CLOUD_EVENT",
    filter: hook.filter ?? "",
    userId: hook.userId ?? "",
    channels: hook.channels?.join(", ") ?? "",
    changed: hook.changed?.join(", ") ?? "",
    retries: String(hook.retries),
    timeoutMs: String(hook.timeoutMs),
    retryScheduleMs: hook.retryScheduleMs?.join(", ") ?? "",
    maxInFlight: String(hook.maxInFlight),
    rateLimitPerSecond: hook.rateLimitPerSecond?.toString() ?? "",
    orderBy: hook.orderBy ?? "",
    onOrderFailure: hook.onOrderFailure,
    template: hook.template ?? "",
    templateContentType: hook.templateContentType ?? "",
    selection: hook.selection ?? "",
    description: hook.description ?? "",
    metadata: hook.metadata === null ? "" : JSON.stringify(hook.metadata, null, 2),
    unsubscribeOn: hook.unsubscribeOn.join(", "),
    finalStatuses: hook.finalStatuses.join(", "),
    disableAfter: hook.disableAfter
      ? `${hook.disableAfter.failures}, ${hook.disableAfter.hours}`
      : "",
    // Header values are never shown: they are replaced or kept.
    headers: "",
    signature: isSignature(hook.signature) ? hook.signature : "HMAC_SHA256",
    // Its secrets are never shown: it is replaced or kept.
    auth: "",
    verification: "NONE",
    secret: "",
    paused: "no",
  };
  const names = Object.keys(
    typeof hook.headers === "object" && hook.headers !== null ? hook.headers : {},
  );
  const open = () => {
    dropDraft();
    navigate(`/hooks/${id}`);
  };
  const submit = async (changed: HookDraft) => {
    const { metadata, ...input } = inputOf(changed);
    // Shown metadata may have lost digits of its numbers: it is sent only when it was edited.
    const edited = changed.metadata === draft.metadata ? {} : { metadata };
    const answer = await update.run(
      { id, input: { ...input, ...edited, unsubscribeOn: input.unsubscribeOn ?? [] } },
      "The hook is updated.",
    );
    if (!answer) return;
    const isNewKind = changed.signature !== hook.signature;
    const secret = isNewKind ? (answer.secret ?? answer.hook?.publicKey) : null;
    if (secret) setMade(secret);
    else open();
  };
  const stay = names.length > 0 ? `Empty: keep the current ones (${names.join(", ")}).` : "";
  return (
    <Page
      title={`Edit ${hook.name ?? hook.url}`}
      back={{ to: `/hooks/${id}`, label: hook.name ?? hook.url }}
    >
      <HookForm
        key={hook.id}
        draft={draft}
        userErrors={update.userErrors}
        isBusy={update.isRunning}
        done="Save"
        onSubmit={submit}
        onCancel={open}
        headersHint={`One per line; they replace all headers. ${stay}`}
      />
      {made !== null && (
        <Modal
          title="The hook signs with a new key"
          isOpen
          onClose={open}
          foot={
            <Button look="primary" onClick={open}>
              I have saved it
            </Button>
          }
        >
          <HookSecret secret={made} />
        </Modal>
      )}
    </Page>
  );
}
