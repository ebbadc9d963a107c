import { RotateCw } from "lucide-react";
import { Link, useLocation } from "wouter";
import { LastAct } from "../audit/LastAct.tsx";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { ConfirmButton } from "../ui/ConfirmButton.tsx";
import { CopiedId } from "../ui/copy/CopiedId.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Facts } from "../ui/layout/Facts.tsx";
import { Page, Section } from "../ui/layout/Page.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { Moment } from "../ui/time/Time.tsx";
import { useAct } from "../ui/useAct.ts";
import { duration } from "./duration.ts";
import { RunStanding } from "./RunStanding.tsx";
import { StepRunItem } from "./StepRunItem.tsx";
import { StepRunRow } from "./stepRunRow.ts";
import "./RunPage.css";

const RunDocument = graphql(
  `
  query Run($id: ID!) {
    run(id: $id) {
      id status version userId createdAt startedAt stoppedAt error
      workflow { id name version }
      event { id name }
      rerunOf { id createdAt }
      steps { ...StepRunRow }
    }
  }
`,
  [StepRunRow],
);

const RerunDocument = graphql(`
  mutation RerunWorkflow($runId: ID!) {
    rerunWorkflow(runId: $runId) { run { id } userErrors { code message path } }
  }
`);

/** One run of a workflow: each step as it happens, and its result. */
export function RunPage({ params: { id } }: { params: { id: string } }) {
  const [, navigate] = useLocation();
  const rerun = useAct(RerunDocument);
  const { data, error, isLoading, refresh } = useLiveQuery(
    RunDocument,
    { id },
    (changed): boolean =>
      changed.id === id ||
      (changed.__typename === "Delivery" &&
        changed.hook === null &&
        changed.event.id === data?.run?.event.id),
  );
  const run = data?.run;
  if (isLoading) return <Loading />;
  if (error && !run) return <Failure error={error} onRetry={refresh} />;
  if (!run) {
    return (
      <Empty title="Run not found.">
        It may have been removed by retention. <Link to="/workflows">Back to the workflows</Link>
      </Empty>
    );
  }
  const again = async () => {
    const answer = await rerun.run({ runId: id }, "The rerun has started.");
    if (answer?.run) navigate(`/runs/${answer.run.id}`);
  };
  const { workflow, event, rerunOf } = run;
  return (
    <Page
      title={`${workflow.name} for ${run.userId}`}
      back={{ to: `/workflows/${workflow.id}`, label: workflow.name }}
      aside={<Badge state={run.status} />}
      tools={
        run.stoppedAt !== null && (
          <ConfirmButton
            ask={{
              title: "Rerun from the first step?",
              text: "Every step calls its server again, also those that succeeded.",
              confirm: "Call them again",
            }}
            isBusy={rerun.isRunning}
            onConfirm={again}
          >
            <RotateCw size={14} /> <span>Rerun</span>
          </ConfirmButton>
        )
      }
    >
      <LastAct id={id} />
      {run.error !== null && (
        <p className="run-error" role="alert">
          <RunStanding run={run} />
        </p>
      )}
      <Facts
        facts={[
          [
            "Event",
            <Link key="event" to={`/events/${event.id}`}>
              {event.name}
            </Link>,
          ],
          ["User", run.userId],
          [
            "Version",
            run.version === workflow.version ? `${run.version}` : `${run.version} (not the newest)`,
          ],
          ["Queued", <Moment key="queued" at={run.createdAt} />],
          ["Started", run.startedAt && <Moment at={run.startedAt} />],
          ["Ended", run.stoppedAt && <Moment at={run.stoppedAt} />],
          ["Duration", duration(run)],
          ["Rerun of", rerunOf && <Link to={`/runs/${rerunOf.id}`}>An earlier run</Link>],
          ["Id", <CopiedId key="id" id={run.id} />, "wide"],
        ]}
      />
      <Section title="Steps">
        <ol className="step-runs">
          {run.steps.map((step, index) => (
            <StepRunItem key={step.step.id} run={step} number={index + 1} />
          ))}
        </ol>
      </Section>
    </Page>
  );
}
