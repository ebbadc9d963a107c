import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { KeptNote } from "../kept/KeptNote.tsx";
import { dropDraft, useDraft } from "../kept/useDraft.ts";
import { Button } from "../ui/Button.tsx";
import { CodeField } from "../ui/code/CodeField.tsx";
import { scopeOfSchemas } from "../ui/code/scope.ts";
import { Field } from "../ui/Field.tsx";
import { parseJson } from "../ui/json/parseJson.ts";
import { useAct } from "../ui/useAct.ts";
import { pathOfType } from "./paths.ts";
import "./EventTypeForm.css";

const RegisterDocument = graphql(`
  mutation RegisterEventType($input: RegisterEventTypeInput!) {
    registerEventType(input: $input) {
      eventType { id name version }
      userErrors { code message path }
    }
  }
`);

type TypeDraft = { name: string; description: string; schema: string; example: string };

/** Parses JSON; empty text is null. */
const parse = (text: string) => (text.trim() === "" ? { value: null } : parseJson(text));

type Props = { draft: TypeDraft; isNew: boolean };

/** Registers an event type, or its next version. */
export function EventTypeForm({ draft: given, isNew }: Props) {
  const { draft, change: setDraft, discard } = useDraft(given);
  const [allowBreaking, setAllowBreaking] = useState(false);
  const [, navigate] = useLocation();
  const register = useAct(RegisterDocument, { showsUserErrors: true });
  const schema = parse(draft.schema);
  const example = parse(draft.example);
  const problemOf = (name: string, parsed: object = {}) =>
    "problem" in parsed && typeof parsed.problem === "string"
      ? parsed.problem
      : register.userErrors.find(({ path }) => path[0] === name)?.message;
  const breaks = register.userErrors.filter(({ code }) => code === "BREAKING_CHANGE");
  const propsOf = (name: keyof TypeDraft) => ({
    value: draft[name],
    spellCheck: false,
    onChange: ({ target }: { target: { value: string } }) =>
      setDraft({ ...draft, [name]: target.value }),
  });
  const codeOf = (name: "schema" | "example") => ({
    value: draft[name],
    onChange: (text: string) => setDraft({ ...draft, [name]: text }),
  });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if ("problem" in schema || "problem" in example) return;
    const answer = await register.run(
      {
        input: {
          name: draft.name.trim(),
          description: draft.description.trim() || null,
          schema: schema.value,
          example: example.value,
          allowBreaking,
        },
      },
      "The type is registered.",
    );
    if (!answer?.eventType) return;
    dropDraft();
    navigate(pathOfType(answer.eventType.name));
  };
  return (
    <form className="type-form" onSubmit={submit}>
      <KeptNote discard={discard} />
      {isNew && (
        <Field label="Name" hint="For example order.paid." error={problemOf("name")}>
          <input {...propsOf("name")} />
        </Field>
      )}
      <Field label="Description" error={problemOf("description")}>
        <input {...propsOf("description")} />
      </Field>
      <CodeField
        {...codeOf("schema")}
        label="Schema"
        language="jsonSchema"
        hint={
          'JSON Schema 2020-12 or the shorthand {"amount": "Number", "note": "String?"}. Empty: any data is valid.'
        }
        error={problemOf("schema", schema)}
        rows={10}
        placeholder={'{"amount": "Number"}'}
      />
      <CodeField
        {...codeOf("example")}
        label="Example"
        language="json"
        hint="An example of valid data."
        error={problemOf("example", example)}
        scope={scopeOfSchemas("value" in schema ? [schema.value] : [])}
        rows={6}
        placeholder={'{"amount": 42}'}
      />
      {breaks.length > 0 && (
        <div className="type-breaks" role="alert">
          <h3>The new schema rejects data that is valid now</h3>
          <ul>
            {breaks.map(({ message }) => (
              <li key={message}>{message}</li>
            ))}
          </ul>
          <label>
            <input
              type="checkbox"
              checked={allowBreaking}
              onChange={({ target }) => setAllowBreaking(target.checked)}
            />{" "}
            Register anyway
          </label>
        </div>
      )}
      <div className="type-form-foot">
        <Button
          onClick={() => {
            dropDraft();
            history.back();
          }}
        >
          Cancel
        </Button>
        <Button
          type="submit"
          look="primary"
          isBusy={register.isRunning}
          disabled={draft.name.trim() === ""}
        >
          {isNew ? "Register" : "Register new version"}
        </Button>
      </div>
    </form>
  );
}
