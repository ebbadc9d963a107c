import { type ComponentProps, type ReactNode, useState } from "react";
import { payloadScope } from "../../eventType/eventScope.ts";
import { CodeField } from "../../ui/code/CodeField.tsx";
import { type Scope, scopeOf } from "../../ui/code/scope.ts";
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

/** The text of a field, its error, and what happens to it. */
type CodeProps = Pick<ComponentProps<typeof CodeField>, "value" | "error" | "onChange" | "onBlur">;
type Name = "template" | "templateContentType" | "selection";

/** What makes the body of a hook's requests instead of its format. */
export function PayloadFields({
  draft,
  change,
  propsOf,
  codeOf,
  errorOf,
  dataScope,
}: {
  draft: HookDraft;
  change: (name: Name, value: string) => void;
  propsOf: (name: Name) => object;
  codeOf: (name: Name) => CodeProps;
  errorOf: (name: Name) => string | undefined;
  /** The names in the data of the hook's events. */
  dataScope: Scope;
}): ReactNode {
  // It stays open when the text is taken out of it.
  const [isOpen] = useState(draft.template !== "" || draft.selection !== "");
  const event = payloadScope(dataScope);
  return (
    <details className="hook-more" open={isOpen}>
      <summary>Body</summary>
      <CodeField
        {...codeOf("template")}
        label="Template"
        language="liquid"
        hint="Liquid over the event: what it renders is sent instead of the format. Empty: the format."
        scope={scopeOf({ event, data: dataScope })}
        rows={4}
        placeholder='{ "text": {{ event.data.text | json }} }'
      />
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
      <CodeField
        {...codeOf("selection")}
        label="Selection"
        language="graphql"
        hint="GraphQL over the event: its result is sent as JSON. Instead of a template."
        scope={event}
        rows={3}
        placeholder="{ id type data { amount } }"
      />
    </details>
  );
}
