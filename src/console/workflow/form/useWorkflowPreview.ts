import type { ResultOf } from "gql.tada";
import { graphql } from "../../gql/graphql.ts";
import { useTypedQuery } from "../../live/useTypedQuery.ts";
import { parseVariables } from "../variables.ts";
import { inputOfSteps, problemsOfStep, type WorkflowDraft } from "./workflowDraft.ts";

const PreviewDocument = graphql(`
  query PreviewWorkflow($input: PreviewWorkflowInput!) {
    previewWorkflow(input: $input) {
      userErrors { code message path }
      event { id name occurredAt }
      steps { id method url headers body error }
    }
  }
`);

type Preview = ResultOf<typeof PreviewDocument>["previewWorkflow"];

/** The event to try the draft on; by default the newest of the type. */
export type Trial = { eventId: string | null; variables: string };

/** The server's preview of a draft as it is typed, while it has no obvious errors. */
export function useWorkflowPreview(
  { eventType, steps }: WorkflowDraft,
  { eventId, variables }: Trial,
): Preview | null {
  const type = eventType.trim();
  const parsed = parseVariables(variables);
  const isWrong = steps.some(
    (step, index) => Object.keys(problemsOfStep(step, steps.slice(0, index))).length > 0,
  );
  const input =
    type === "" || isWrong || "problem" in parsed
      ? null
      : { eventType: type, steps: inputOfSteps(steps), eventId, variables: parsed.value };
  const { data } = useTypedQuery(PreviewDocument, input && { input });
  return data?.previewWorkflow ?? null;
}
