import { type FormEvent, useId, useState } from "react";
import { graphql } from "../../gql/graphql.ts";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import { Modal } from "../../ui/Modal.tsx";
import { fieldTime, timeInField } from "../../ui/time/fieldTime.ts";
import { timeZone } from "../../ui/time/timeZone.ts";
import { useAct } from "../../ui/useAct.ts";

const RescheduleDocument = graphql(`
  mutation RescheduleEvent($id: ID!, $timestamp: Timestamp!) {
    rescheduleEvent(id: $id, timestamp: $timestamp) {
      event { id status scheduledFor }
      userErrors { code message path }
    }
  }
`);

type Props = { id: string; scheduledFor: string; onClose: () => void };

/** Changes the due time of a scheduled event. */
export function RescheduleEvent({ id, scheduledFor, onClose }: Props) {
  const form = useId();
  const [time, setTime] = useState(() => fieldTime(scheduledFor));
  const reschedule = useAct(RescheduleDocument, { showsUserErrors: true });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const timestamp = timeInField(time);
    if (timestamp === null) return;
    if (await reschedule.run({ id, timestamp }, "The event is rescheduled.")) onClose();
  };
  return (
    <Modal
      title="Reschedule the event"
      isOpen
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Keep time</Button>
          <Button type="submit" form={form} look="primary" isBusy={reschedule.isRunning}>
            Reschedule
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit}>
        <Field
          label="Due"
          hint={`In the time of ${timeZone()}. A time in the past means now. The expiry of the buttons moves along.`}
          error={reschedule.userErrors[0]?.message}
        >
          <input
            type="datetime-local"
            step="1"
            required
            value={time}
            onChange={({ target }) => setTime(target.value)}
          />
        </Field>
      </form>
    </Modal>
  );
}
