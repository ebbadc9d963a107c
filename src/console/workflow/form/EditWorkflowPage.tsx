import { useMemo } from "react";
import { useQuery } from "urql";
import { useLocation } from "wouter";
import { graphql } from "../../gql/graphql.ts";
import { dropDraft } from "../../kept/useDraft.ts";
import { useBarred } from "../../session/session.ts";
import { Page } from "../../ui/layout/Page.tsx";
import { Empty, Failure, Loading } from "../../ui/Notice.tsx";
import { useAct } from "../../ui/useAct.ts";
import { variablesNamed } from "../variables.ts";
import { WorkflowForm } from "./WorkflowForm.tsx";
import { draftOfStep, inputOfSteps, type WorkflowDraft } from "./workflowDraft.ts";

const EditDocument = graphql(`
  query EditWorkflow($id: ID!) {
    workflow(id: $id) {
      id name eventType
      steps { id name method url headers body retries timeoutMs }
    }
  }
`);

const UpdateDocument = graphql(`
  mutation UpdateWorkflow($id: ID!, $input: UpdateWorkflowInput!) {
    updateWorkflow(id: $id, input: $input) {
      workflow { id }
      userErrors { code message path }
    }
  }
`);

/** Edits a workflow, starting from its state when the page was opened. */
export function EditWorkflowPage({ params: { id } }: { params: { id: string } }) {
  const [{ data, error, fetching }, read] = useQuery({
    query: EditDocument,
    variables: { id },
    requestPolicy: "network-only",
  });
  const [, navigate] = useLocation();
  const update = useAct(UpdateDocument, { showsUserErrors: true });
  const barred = useBarred("ADMIN", "Changing workflows");
  const workflow = data?.workflow;
  const steps = useMemo(() => workflow?.steps.map(draftOfStep) ?? [], [workflow]);
  if (barred !== null) return <Empty title={barred} />;
  if (error && !data) return <Failure error={error} onRetry={() => read()} />;
  if (fetching && !data) return <Loading />;
  if (!workflow) return <Empty title="Workflow not found." />;
  const leave = () => {
    dropDraft();
    navigate(`/workflows/${id}`);
  };
  const submit = async (draft: WorkflowDraft) => {
    const written = inputOfSteps(draft.steps);
    // Unchanged steps do not create a new version.
    const isSame = JSON.stringify(written) === JSON.stringify(inputOfSteps(steps));
    const input = { name: draft.name.trim(), steps: isSame ? null : written };
    const answer = await update.run({ id, input }, "The workflow is updated.");
    if (answer) leave();
  };
  return (
    <Page title={`Edit ${workflow.name}`} back={{ to: `/workflows/${id}`, label: workflow.name }}>
      <WorkflowForm
        key={workflow.id}
        draft={{ name: workflow.name, eventType: workflow.eventType, steps }}
        workflowId={id}
        variables={JSON.stringify(variablesNamed(workflow.steps), null, 2)}
        userErrors={update.userErrors}
        isBusy={update.isRunning}
        done="Save"
        onSubmit={submit}
        onCancel={leave}
      />
    </Page>
  );
}
