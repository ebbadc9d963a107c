import type { ResultOf } from "gql.tada";
import { useEffect, useState } from "react";
import { useClient } from "urql";
import { graphql } from "../../gql/graphql.ts";
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

/** Delay between the last keystroke and the request. */
const TYPED_MS = 350;

/** The event to try the draft on; by default the newest of the type. */
export type Trial = { eventId: string | null; variables: string };

/** The server's preview of a draft as it is typed, while it has no obvious errors. */
export function useWorkflowPreview(
  { eventType, steps }: WorkflowDraft,
  { eventId, variables }: Trial,
): Preview | null {
  const client = useClient();
  const [preview, setPreview] = useState<Preview | null>(null);
  useEffect(() => {
    const parsed = parseVariables(variables);
    const isWrong = steps.some(
      (step, index) => Object.keys(problemsOfStep(step, steps.slice(0, index))).length > 0,
    );
    if (eventType.trim() === "" || isWrong || "problem" in parsed) return;
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const input = {
        ...{ eventType: eventType.trim(), steps: inputOfSteps(steps) },
        ...{ eventId, variables: parsed.value },
      };
      const { data } = await client
        .query(PreviewDocument, { input }, { requestPolicy: "network-only" })
        .toPromise();
      if (isCurrent && data) setPreview(data.previewWorkflow);
    }, TYPED_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, eventType, steps, eventId, variables]);
  return preview;
}
