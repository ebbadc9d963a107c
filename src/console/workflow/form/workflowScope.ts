import { payloadScope } from "../../eventType/eventScope.ts";
import { type Scope, scopeOf } from "../../ui/code/scope.ts";
import { parseVariables } from "../variables.ts";

/** What the templates of a step can read: the event, a user's variables, and the answers to earlier steps. */
export function workflowScope(data: Scope, variables: string, earlier: { id: string }[]): Scope {
  const parsed = parseVariables(variables);
  const names = "value" in parsed ? Object.keys(parsed.value ?? {}) : [];
  const answer = scopeOf({ status: "integer", response: "any" });
  return scopeOf({
    ...{ data, event: payloadScope(data) },
    user: scopeOf(Object.fromEntries(names.map((name) => [name, ""]))),
    steps: scopeOf(Object.fromEntries(earlier.map(({ id }) => [id, answer]))),
  });
}
