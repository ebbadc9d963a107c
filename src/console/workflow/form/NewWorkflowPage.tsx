import { useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { graphql } from "../../gql/graphql.ts";
import { dropDraft } from "../../kept/useDraft.ts";
import { useBarred } from "../../session/session.ts";
import { Page } from "../../ui/layout/Page.tsx";
import { Empty } from "../../ui/Notice.tsx";
import { useAct } from "../../ui/useAct.ts";
import { WorkflowForm } from "./WorkflowForm.tsx";
import { emptyStep, inputOfSteps, type WorkflowDraft } from "./workflowDraft.ts";

const CreateDocument = graphql(`
  mutation CreateWorkflow($input: CreateWorkflowInput!) {
    createWorkflow(input: $input) {
      workflow { id }
      userErrors { code message path }
    }
  }
`);

/** Creates a workflow as a draft. `?type=` presets the event type. */
export function NewWorkflowPage() {
  const [, navigate] = useLocation();
  const [params] = useSearchParams();
  const [draft] = useState(
    (): WorkflowDraft => ({
      name: "",
      eventType: params.get("type") ?? "",
      steps: [emptyStep([])],
    }),
  );
  const create = useAct(CreateDocument, { showsUserErrors: true });
  const barred = useBarred("ADMIN", "Creating workflows");
  if (barred !== null) return <Empty title={barred} />;
  const submit = async ({ name, eventType, steps }: WorkflowDraft) => {
    const answer = await create.run(
      { input: { name: name.trim(), eventType: eventType.trim(), steps: inputOfSteps(steps) } },
      "The workflow is created as a draft. Release it to start runs.",
    );
    if (!answer?.workflow) return;
    dropDraft();
    navigate(`/workflows/${answer.workflow.id}`);
  };
  return (
    <Page title="New workflow" back={{ to: "/workflows", label: "Workflows" }}>
      <WorkflowForm
        draft={draft}
        workflowId={null}
        variables="{}"
        userErrors={create.userErrors}
        isBusy={create.isRunning}
        done="Create workflow"
        onSubmit={submit}
        onCancel={() => {
          dropDraft();
          navigate("/workflows");
        }}
      />
    </Page>
  );
}
