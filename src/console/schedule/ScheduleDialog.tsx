import { useState } from "react";
import { AudienceFields, audienceOf, inputOf, isWhole } from "../event/AudienceFields.tsx";
import { useTypes } from "../eventType/useTypes.ts";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { CodeField } from "../ui/code/CodeField.tsx";
import { Field } from "../ui/Field.tsx";
import { parseJson } from "../ui/json/parseJson.ts";
import { Modal } from "../ui/Modal.tsx";
import { timeZone } from "../ui/time/timeZone.ts";
import { useAct } from "../ui/useAct.ts";
import { CronRuns } from "./CronRuns.tsx";
import { eventOf, type ScheduleRow, unshown } from "./scheduleRow.ts";
import { useSchedulePreview } from "./useSchedulePreview.ts";

const ScheduleDocument = graphql(`
  mutation ScheduleEvents($input: ScheduleEventsInput!) {
    scheduleEvents(input: $input) {
      eventSchedule { id }
      userErrors { code message path }
    }
  }
`);

const UpdateDocument = graphql(`
  mutation UpdateEventSchedule($id: ID!, $input: UpdateEventScheduleInput!) {
    updateEventSchedule(id: $id, input: $input) {
      eventSchedule { id }
      userErrors { code message path }
    }
  }
`);

const labels = {
  name: "Name",
  cron: "Cron",
  timeZone: "Time zone",
  type: "Event type",
} as const;
type Name = keyof typeof labels;

const hints: Partial<Record<Name, string>> = {
  cron: "Minute, hour, day of month, month, day of week: 0 9 * * MON-FRI is 9:00 on working days.",
  timeZone: "In which the cron is read, such as Europe/Berlin.",
};

/** A type that nobody has registered may be meant, or misspelt. */
const unregisteredHints = {
  accepted: "No event type with this name is registered: its events are accepted without a schema.",
  rejected: "No event type with this name is registered, and this project rejects its events.",
};

/** The fields of a schedule that have a place of their own for what is wrong with them. */
const isPlaced = (path: readonly string[]) =>
  path.some((part) => part === "data" || Object.hasOwn(labels, part));

type Props = {
  /** The schedule to change; null for a new one. */
  given: ScheduleRow | null;
  onClose: () => void;
};

/** Saves a schedule, an event that is emitted again and again, or changes one. */
export function ScheduleDialog({ given, onClose }: Props) {
  const old = given ? eventOf(given) : {};
  const [texts, setTexts] = useState<Record<Name, string>>(() => ({
    name: given?.name ?? "",
    cron: given?.cron ?? "",
    timeZone: given?.timeZone ?? timeZone(),
    type: old.type ?? "",
  }));
  const [data, setData] = useState(() => JSON.stringify(old.data ?? {}, null, 2));
  const [audience, setAudience] = useState(() => audienceOf(old));
  const [sent, setSent] = useState({ texts, data });
  const { scope, unregistered } = useTypes(texts.type);
  const preview = useSchedulePreview(texts.cron, texts.timeZone);
  const create = useAct(ScheduleDocument, { showsUserErrors: true });
  const update = useAct(UpdateDocument, { showsUserErrors: true });
  const parsed = parseJson(data);
  const userErrors = [...create.userErrors, ...update.userErrors];
  const refusalOf = (name: string) => userErrors.find(({ path }) => path.includes(name))?.message;
  const errorOf = (name: Name) =>
    preview?.userErrors.find(({ path }) => path.includes(name))?.message ??
    (sent.texts[name] === texts[name] ? refusalOf(name) : undefined);
  const elsewhere = userErrors.filter(({ path }) => !isPlaced(path));
  const field = (name: Name, hint = hints[name]) => (
    <Field label={labels[name]} hint={hint} error={errorOf(name)}>
      <input
        value={texts[name]}
        onChange={({ target }) => setTexts({ ...texts, [name]: target.value })}
      />
    </Field>
  );
  const confirm = async () => {
    if ("problem" in parsed) return;
    const { name, cron, timeZone, type } = texts;
    const event = { ...unshown(old), type, data: parsed.value, ...inputOf(audience) };
    const input = { name, cron, timeZone, event };
    setSent({ texts, data });
    const saved = given
      ? await update.run({ id: given.id, input }, "The schedule is changed.")
      : await create.run({ input }, "The schedule is saved.");
    if (saved) onClose();
  };
  return (
    <Modal
      title={given ? `Edit ${given.name}` : "New schedule"}
      isOpen
      isForm
      onClose={onClose}
      foot={
        <Button
          look="primary"
          isBusy={create.isRunning || update.isRunning}
          disabled={"problem" in parsed || !isWhole(audience)}
          onClick={confirm}
        >
          Save
        </Button>
      }
    >
      {field("name")}
      {field("cron")}
      {field("timeZone")}
      {preview?.nextRuns && <CronRuns cron={texts.cron} runs={preview.nextRuns} />}
      {field("type", unregistered ? unregisteredHints[unregistered] : undefined)}
      <AudienceFields audience={audience} onChange={setAudience} />
      <CodeField
        label="Data (JSON)"
        language="json"
        error={
          "problem" in parsed ? parsed.problem : sent.data === data ? refusalOf("data") : undefined
        }
        scope={scope}
        rows={6}
        value={data}
        onChange={setData}
      />
      {elsewhere.map(({ message }) => (
        <p key={message} className="field-error" role="alert">
          {message}
        </p>
      ))}
    </Modal>
  );
}
