import { Ellipsis, Pause, Play, Zap } from "lucide-react";
import { useState } from "react";
import { graphql } from "../gql/graphql.ts";
import { useBarred } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { Confirm } from "../ui/Confirm.tsx";
import { ConfirmButton } from "../ui/ConfirmButton.tsx";
import { Menu } from "../ui/layout/Menu.tsx";
import { useAct } from "../ui/useAct.ts";
import { ScheduleDialog } from "./ScheduleDialog.tsx";
import type { ScheduleRow } from "./scheduleRow.ts";

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

const DeleteDocument = graphql(`
  mutation DeleteEventSchedule($id: ID!) {
    deleteEventSchedule(id: $id) { eventSchedule { id } userErrors { code message path } }
  }
`);

/** Asks for confirmation and deletes a schedule. */
function DeleteSchedule({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const remove = useAct(DeleteDocument);
  const confirm = async () => {
    if (await remove.run({ id }, "The schedule is deleted.")) onClose();
  };
  return (
    <Confirm
      title="Delete the schedule?"
      labels={{ keep: "Keep schedule", confirm: "Delete schedule" }}
      isBusy={remove.isRunning}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        <strong>{name}</strong> will run no more. The events that it emitted stay.
      </p>
    </Confirm>
  );
}

/** The buttons of a schedule: run it now, pause or resume it, change or delete it. */
export function ScheduleTools({ schedule }: { schedule: ScheduleRow }) {
  const { id, name, status } = schedule;
  const barred = useBarred("ADMIN");
  const [opened, setOpened] = useState<"edit" | "delete" | null>(null);
  const close = () => setOpened(null);
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
          title={`Pause ${name}`}
          isBusy={pause.isRunning}
          onClick={() => pause.run({ id }, "The schedule is paused.")}
        >
          <Pause size={14} /> <span>Pause</span>
        </Button>
      ) : (
        <Button
          aria-label={`Resume ${name}`}
          title={`Resume ${name}`}
          isBusy={resume.isRunning}
          onClick={() => resume.run({ id }, "The schedule runs again.")}
        >
          <Play size={14} /> <span>Resume</span>
        </Button>
      )}
      <Menu
        trigger={<Button aria-label={`More of ${name}`} />}
        items={[
          { label: "Edit…", act: () => setOpened("edit"), barred },
          { label: "Delete…", act: () => setOpened("delete"), isDanger: true, barred },
        ]}
      >
        <Ellipsis size={16} />
      </Menu>
      {opened === "edit" && <ScheduleDialog given={schedule} onClose={close} />}
      {opened === "delete" && <DeleteSchedule id={id} name={name} onClose={close} />}
    </span>
  );
}
