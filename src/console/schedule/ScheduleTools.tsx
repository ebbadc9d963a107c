import { Pause, Play, Zap } from "lucide-react";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { ConfirmButton } from "../ui/ConfirmButton.tsx";
import { useAct } from "../ui/useAct.ts";

const PauseDocument = graphql(`
  mutation PauseEventSchedule($id: ID!) {
    pauseEventSchedule(id: $id) { eventSchedule { id } userErrors { code message path } }
  }
`);

const ResumeDocument = graphql(`
  mutation ResumeEventSchedule($id: ID!) {
    resumeEventSchedule(id: $id) { eventSchedule { id } userErrors { code message path } }
  }
`);

const RunDocument = graphql(`
  mutation RunEventSchedule($id: ID!) {
    runEventSchedule(id: $id) { eventSchedule { id } userErrors { code message path } }
  }
`);

/** The buttons of a schedule: pause or resume it, and run it now. */
export function ScheduleTools({ id, name, status }: { id: string; name: string; status: string }) {
  const pause = useAct(PauseDocument);
  const resume = useAct(ResumeDocument);
  const run = useAct(RunDocument);
  return (
    <span className="schedule-tools">
      <ConfirmButton
        ask={{
          title: `Run ${name} now?`,
          text: "Its event is emitted now, besides its times. Every hook and workflow of the type gets it.",
          confirm: "Emit the event",
        }}
        label={`Run now: ${name}`}
        isBusy={run.isRunning}
        onConfirm={() => run.run({ id }, "The event is emitted.")}
      >
        <Zap size={14} /> <span>Run now</span>
      </ConfirmButton>
      {status === "ACTIVE" ? (
        <Button
          aria-label={`Pause ${name}`}
          isBusy={pause.isRunning}
          onClick={() => pause.run({ id }, "The schedule is paused.")}
        >
          <Pause size={14} /> <span>Pause</span>
        </Button>
      ) : (
        <Button
          aria-label={`Resume ${name}`}
          isBusy={resume.isRunning}
          onClick={() => resume.run({ id }, "The schedule runs again.")}
        >
          <Play size={14} /> <span>Resume</span>
        </Button>
      )}
    </span>
  );
}
