import type { ReactNode } from "react";
import { Field } from "../../ui/Field.tsx";
import type { HookDraft } from "./hookDraft.ts";

/** Templates to begin with. */
const presets = {
  "Slack, Mattermost": '{ "text": {{ event.type | append: ": " | append: event.name | json }} }',
  Discord: '{ "content": {{ event.type | append: ": " | append: event.name | json }} }',
  "Microsoft Teams": `{ "type": "message", "attachments": [{
  "contentType": "application/vnd.microsoft.card.adaptive",
  "content": { "type": "AdaptiveCard", "version": "1.4", "body": [
    { "type": "TextBlock", "wrap": true, "text": {{ event.type | append: ": " | append: event.name | json }} }
  ] }
}] }`,
} as const;

type Name = "template" | "templateContentType" | "selection";

/** What makes the body of a hook's requests instead of its format. */
export function PayloadFields({
  draft,
  change,
  propsOf,
  errorOf,
}: {
  draft: HookDraft;
  change: (name: Name, value: string) => void;
  propsOf: (name: Name) => object;
  errorOf: (name: Name) => string | undefined;
}): ReactNode {
  return (
    <details className="hook-more" open={draft.template !== "" || draft.selection !== ""}>
      <summary>Body</summary>
      <Field
        label="Template"
        hint="Liquid over the event: what it renders is sent instead of the format. Empty: the format."
        error={errorOf("template")}
      >
        <textarea
          {...propsOf("template")}
          rows={4}
          placeholder='{ "text": {{ event.data.text | json }} }'
        />
      </Field>
      <div className="hook-columns">
        <Field label="Begin with">
          <select
            value=""
            onChange={({ target }) =>
              change(
                "template",
                Object.entries(presets).find(([it]) => it === target.value)?.[1] ?? "",
              )
            }
          >
            <option value="">A template for …</option>
            {Object.keys(presets).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
        <Field
          label="Content type"
          hint="Of what the template renders. Empty: application/json."
          error={errorOf("templateContentType")}
        >
          <input {...propsOf("templateContentType")} placeholder="application/json" />
        </Field>
      </div>
      <Field
        label="Selection"
        hint="GraphQL over the event: its result is sent as JSON. Instead of a template."
        error={errorOf("selection")}
      >
        <textarea {...propsOf("selection")} rows={3} placeholder="{ id type data { amount } }" />
      </Field>
    </details>
  );
}
