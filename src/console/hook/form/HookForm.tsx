import { type FormEvent, type ReactNode, useState } from "react";
import { filterScope } from "../../eventType/eventScope.ts";
import { useTypes } from "../../eventType/useTypes.ts";
import { KeptNote } from "../../kept/KeptNote.tsx";
import { useDraft } from "../../kept/useDraft.ts";
import { Button } from "../../ui/Button.tsx";
import { CodeField } from "../../ui/code/CodeField.tsx";
import { Field } from "../../ui/Field.tsx";
import type { UserError } from "../../ui/useAct.ts";
import { HookPreview } from "./HookPreview.tsx";
import {
  formats,
  type HookDraft,
  isFormat,
  isOrderFailure,
  isSignature,
  isVerification,
  orderFailures,
  problemsOf,
  signatures,
  verifications,
} from "./hookDraft.ts";
import { PayloadFields } from "./PayloadFields.tsx";
import { usePreview } from "./usePreview.ts";
import "./HookForm.css";

type Props = {
  draft: HookDraft;
  userErrors: UserError[];
  isBusy: boolean;
  done: string;
  onSubmit: (draft: HookDraft) => void;
  onCancel: () => void;
  /** Whether to show the fields that can be set only at registration. */
  isNew?: boolean;
  /** The hint about headers, whose values are never shown again. */
  headersHint: string;
};

type Name = keyof HookDraft;

/** The form of a hook. A field shows its error after it has lost the focus or was rejected. */
export function HookForm({ draft: given, userErrors, headersHint, isNew, ...rest }: Props) {
  const { draft, change: setDraft, discard } = useDraft(given);
  const [left, setLeft] = useState<ReadonlySet<Name>>(new Set());
  const [changed, setChanged] = useState<ReadonlySet<Name>>(new Set());
  const problems = problemsOf(draft);
  const preview = usePreview(draft);
  const { scope: dataScope } = useTypes(draft.types);
  const errorOf = (name: Name) => {
    if (left.has(name) && problems[name]) return problems[name];
    const ofField = ({ path }: UserError) => path[0] === name;
    return (
      (changed.has(name) ? undefined : userErrors.find(ofField)?.message) ??
      preview?.userErrors.find(ofField)?.message
    );
  };
  const change = (name: Name, value: string) => {
    setChanged(new Set([...changed, name]));
    setDraft({ ...draft, [name]: value });
  };
  const leave = (name: Name) => setLeft(new Set([...left, name]));
  const propsOf = (name: Name) => ({
    name,
    value: draft[name],
    spellCheck: false,
    autoComplete: "off",
    onChange: ({ target }: { target: { value: string } }) => change(name, target.value),
    onBlur: () => leave(name),
  });
  const codeOf = (name: Name) => ({
    value: draft[name],
    error: errorOf(name),
    onChange: (value: string) => change(name, value),
    onBlur: () => leave(name),
  });
  const text = (name: Name, label: string, hint?: string, placeholder?: string): ReactNode => (
    <Field label={label} hint={hint} error={errorOf(name)}>
      <input {...propsOf(name)} placeholder={placeholder} />
    </Field>
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = Object.keys(problems) as Name[];
    setLeft(new Set([...left, ...wrong]));
    if (wrong.length > 0) return;
    setChanged(new Set());
    rest.onSubmit(draft);
  };
  const others = userErrors.filter(({ path }) => !((path[0] ?? "") in draft));
  return (
    <div className="hook-form-frame">
      <form className="hook-form" onSubmit={submit} noValidate>
        <KeptNote discard={discard} />
        {others.map(({ message }) => (
          <p key={message} className="field-error" role="alert">
            {message}
          </p>
        ))}
        {text(
          "url",
          "URL",
          "Where events are POSTed to, or mailto:ops@example.com.",
          "https://example.com/events",
        )}
        {text(
          "types",
          "Event types",
          "Exact types, prefixes such as ticket.*, or * for all.",
          "order.paid, ticket.*",
        )}
        {text("name", "Name", "For people; unique. Optional.")}
        <Field
          label="Format"
          hint={
            draft.format === "RESOURCE"
              ? "Requires exact types that belong to a resource type."
              : undefined
          }
          error={errorOf("format")}
        >
          <select
            {...propsOf("format")}
            onChange={({ target }) => isFormat(target.value) && change("format", target.value)}
          >
            {Object.entries(formats).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </Field>
        <CodeField
          {...codeOf("filter")}
          label="Filter"
          language="cel"
          hint="A CEL expression over the event. Only events for which it is true are sent. Optional."
          scope={filterScope(dataScope)}
          rows={2}
          placeholder="event.data.amount > 10"
        />
        {text("userId", "User", "Only this user's events. Optional.")}
        {text("channels", "Channels", "Only events that have one of these channels. Optional.")}
        {text(
          "changed",
          "Changed attributes",
          "Of updates of resources, only those that change one of these. Optional.",
          "price, address.city",
        )}
        <Field
          label="Signature"
          hint={
            !isNew && draft.signature !== given.signature
              ? "Makes a new key. The old one signs, too, for 24 hours: update your server before they end."
              : undefined
          }
          error={errorOf("signature")}
        >
          <select
            {...propsOf("signature")}
            onChange={({ target }) =>
              isSignature(target.value) && change("signature", target.value)
            }
          >
            {Object.entries(signatures).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </Field>
        {isNew && (
          <div className="hook-columns">
            <Field
              label="Verification"
              hint="How the target gives its consent."
              error={errorOf("verification")}
            >
              <select
                {...propsOf("verification")}
                onChange={({ target }) =>
                  isVerification(target.value) && change("verification", target.value)
                }
              >
                {Object.entries(verifications).map(([value, label]) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </select>
            </Field>
            {text(
              "secret",
              "Secret",
              draft.signature === "ED25519"
                ? "Your own private key. Empty: generated."
                : "Your own signing secret. Empty: generated.",
              draft.signature === "ED25519" ? "whsk_…" : "whsec_…",
            )}
            <Field label="Begins" error={errorOf("paused")}>
              <select {...propsOf("paused")}>
                <option value="no">Active</option>
                <option value="yes">Paused</option>
              </select>
            </Field>
          </div>
        )}
        <PayloadFields {...{ draft, change, propsOf, codeOf, errorOf, dataScope }} />
        <details className="hook-more">
          <summary>Delivery settings</summary>
          <div className="hook-columns">
            {text("retries", "Retries", "After the first attempt: 0 to 20.")}
            {text("timeoutMs", "Timeout (ms)", "100 to 60,000; includes connecting and reading.")}
            {text(
              "retryScheduleMs",
              "Retry schedule (ms)",
              "Delays before each retry; the last one repeats. Empty: 5 s, 15 s, 45 s … up to 1 h.",
            )}
            {text("maxInFlight", "Max in flight", "Concurrent requests: 1 to 256.")}
            {text("rateLimitPerSecond", "Max per second", "Requests per second. Empty: no limit.")}
            {text(
              "unsubscribeOn",
              "Unsubscribe on status",
              "Response statuses that delete the hook, such as 410.",
            )}
            {text(
              "finalStatuses",
              "Not retried on status",
              "Response statuses after which a delivery is not tried again, such as 413.",
            )}
            {text(
              "disableAfter",
              "Disable after",
              "Failures in a row, and hours since the first of them. Empty: never.",
              "100, 24",
            )}
          </div>
          <div className="hook-columns">
            <CodeField
              {...codeOf("orderBy")}
              label="Order by"
              language="cel"
              hint="A CEL expression: events for which it yields the same text are delivered one after the other. Empty: no order."
              scope={filterScope(dataScope)}
              isSingleLine
              placeholder="event.data.customerId"
            />
            <Field label="When one fails for good" error={errorOf("onOrderFailure")}>
              <select
                {...propsOf("onOrderFailure")}
                onChange={({ target }) =>
                  isOrderFailure(target.value) && change("onOrderFailure", target.value)
                }
              >
                {Object.entries(orderFailures).map(([value, label]) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </select>
            </Field>
          </div>
          <Field label="Headers" hint={headersHint} error={errorOf("headers")}>
            <textarea {...propsOf("headers")} rows={3} placeholder="X-Team: orders" />
          </Field>
          <CodeField
            {...codeOf("auth")}
            label="Authentication"
            language="json"
            hint={`JSON with oauth2, mtls or ca. Stored encrypted.${isNew ? "" : " Empty: it stays. null: it is taken away."}`}
            rows={3}
            placeholder='{"oauth2": {"tokenUrl": "https://…", "clientId": "…", "clientSecret": "…"}}'
          />
        </details>
        <Field
          label="Description"
          hint="What the hook is for. It is never sent. Optional."
          error={errorOf("description")}
        >
          <textarea {...propsOf("description")} rows={2} />
        </Field>
        <CodeField
          {...codeOf("metadata")}
          label="Metadata"
          language="json"
          hint="A JSON object with facts about the hook. It is never sent. Optional."
          rows={2}
          placeholder='{"team": "billing"}'
        />
        <div className="hook-form-foot">
          <Button onClick={rest.onCancel}>Cancel</Button>
          <Button type="submit" look="primary" isBusy={rest.isBusy}>
            {rest.done}
          </Button>
        </div>
      </form>
      <HookPreview preview={preview} problems={problems} draft={draft} />
    </div>
  );
}
