import { useId } from "react";
import { useQuery } from "urql";
import { graphql } from "../../gql/graphql.ts";
import { Field } from "../../ui/Field.tsx";

const TypeNamesDocument = graphql(`
  query EventTypeNames($search: String) {
    eventTypes(first: 50, search: $search) { nodes { id name } }
  }
`);

type Props = {
  value: string;
  /** The event type of a workflow cannot be changed. */
  isFixed: boolean;
  error: string | undefined;
  onChange: (value: string) => void;
  onLeave: () => void;
};

/** An event type, chosen from the registered ones or typed. */
export function EventTypeField({ value, isFixed, error, onChange, onLeave }: Props) {
  const id = useId();
  const [{ data }] = useQuery({
    query: TypeNamesDocument,
    variables: { search: value.trim() || null },
    pause: isFixed,
  });
  return (
    <>
      <Field
        label="Event type"
        hint={
          isFixed
            ? "It cannot be changed."
            : "Events of this type start the workflow for users who have installed it."
        }
        error={error}
      >
        <input
          className="mono"
          value={value}
          list={id}
          readOnly={isFixed}
          autoComplete="off"
          spellCheck={false}
          placeholder="ticket.created"
          onChange={({ target }) => onChange(target.value)}
          onBlur={onLeave}
        />
      </Field>
      <datalist id={id}>
        {data?.eventTypes.nodes.map((type) => (
          <option key={type.id} value={type.name} />
        ))}
      </datalist>
    </>
  );
}
