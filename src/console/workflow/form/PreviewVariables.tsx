import { useQuery } from "urql";
import { graphql } from "../../gql/graphql.ts";
import { CodeField } from "../../ui/code/CodeField.tsx";
import { Field } from "../../ui/Field.tsx";
import { parseVariables } from "../variables.ts";

const UsersDocument = graphql(`
  query WorkflowUsers($id: ID!) {
    workflow(id: $id) {
      id
      installs(first: 50) { nodes { id userId variables } }
    }
  }
`);

type Props = {
  workflowId: string | null;
  text: string;
  error: string | undefined;
  onChange: (text: string) => void;
};

/** The variables of the preview: typed, or those of a user who has installed the workflow. */
export function PreviewVariables({ workflowId, text, error, onChange }: Props) {
  const [{ data }] = useQuery({
    query: UsersDocument,
    variables: { id: workflowId ?? "" },
    pause: workflowId === null,
  });
  const users = data?.workflow?.installs.nodes ?? [];
  const parsed = parseVariables(text);
  const choose = (id: string) => {
    const user = users.find((it) => it.id === id);
    if (user) onChange(JSON.stringify(user.variables, null, 2));
  };
  return (
    <>
      {users.length > 0 && (
        <Field label="Variables of">
          <select value="" onChange={({ target }) => choose(target.value)}>
            <option value="">Choose a user</option>
            {users.map(({ id, userId }) => (
              <option key={id} value={id}>
                {userId}
              </option>
            ))}
          </select>
        </Field>
      )}
      <CodeField
        label="Variables (JSON)"
        hint="The variable “user” of the templates. It is not stored."
        error={"problem" in parsed ? parsed.problem : error}
        language="json"
        rows={3}
        value={text}
        onChange={onChange}
      />
    </>
  );
}
