import { useState } from "react";
import { RoleButton } from "../../ui/role/RoleButton.tsx";
import { CancelEvent } from "./CancelEvent.tsx";
import { RescheduleEvent } from "./RescheduleEvent.tsx";

type Props = { event: { id: string; name: string; scheduledFor: string } };

/** The buttons for an event that is not due yet. */
export function ScheduleTools({ event: { id, name, scheduledFor } }: Props) {
  const [asked, setAsked] = useState<"when" | "whether" | null>(null);
  const close = () => setAsked(null);
  return (
    <>
      <RoleButton needs="ADMIN" onClick={() => setAsked("when")}>
        Reschedule
      </RoleButton>
      <RoleButton needs="ADMIN" look="danger" onClick={() => setAsked("whether")}>
        Cancel the event
      </RoleButton>
      {asked === "when" && <RescheduleEvent id={id} scheduledFor={scheduledFor} onClose={close} />}
      {asked === "whether" && <CancelEvent id={id} name={name} onClose={close} />}
    </>
  );
}
