import { type FormEvent, useState } from "react";
import type { Json } from "../gql/graphql.ts";
import { KeptNote } from "../kept/KeptNote.tsx";
import { dropDraft, useDraft } from "../kept/useDraft.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { JsonField } from "../ui/json/JsonField.tsx";
import { parseJson } from "../ui/json/parseJson.ts";
import type { UserError } from "../ui/useAct.ts";
import "./ResourceForm.css";

type Props = {
  attributes: Json;
  /** Whether to show the id field. */
  isNew: boolean;
  userErrors: UserError[];
  isBusy: boolean;
  done: string;
  onSubmit: (attributes: Json, resourceId: string | null) => void;
};

/** The form of a resource: its attributes as JSON. */
export function ResourceForm({ attributes, isNew, userErrors, isBusy, done, onSubmit }: Props) {
  const [saved] = useState(() => ({ id: "", text: JSON.stringify(attributes, null, 2) }));
  const { draft, change, discard } = useDraft(saved);
  const { id, text } = draft;
  const parsed = parseJson(text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if ("value" in parsed) onSubmit(parsed.value, id.trim() || null);
  };
  const ofId = userErrors.find(({ path }) => path.at(-1) === "resourceId")?.message;
  const others = userErrors.filter(({ path }) => path.at(-1) !== "resourceId");
  return (
    <form className="resource-form resource-form-page" onSubmit={submit}>
      <KeptNote discard={discard} />
      {isNew && (
        <Field label="Id" hint="Empty: the next number of its type." error={ofId}>
          <input
            value={id}
            spellCheck={false}
            autoComplete="off"
            onChange={({ target }) => change({ ...draft, id: target.value })}
          />
        </Field>
      )}
      <JsonField
        label="Attributes (JSON)"
        hint={`${isNew ? "" : "These replace all attributes: one that is missing here is removed. "}At most 256 KiB.`}
        error={others.map(({ message }) => message).join("; ") || undefined}
        text={text}
        onChange={(written) => change({ ...draft, text: written })}
      />
      <div className="resource-form-foot">
        <Button
          onClick={() => {
            dropDraft();
            history.back();
          }}
        >
          Cancel
        </Button>
        <Button type="submit" look="primary" isBusy={isBusy} disabled={"problem" in parsed}>
          {done}
        </Button>
      </div>
    </form>
  );
}
