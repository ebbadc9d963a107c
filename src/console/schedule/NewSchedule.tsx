import { useState } from "react";
import { AudienceFields, forAll, inputOf, isWhole } from "../event/AudienceFields.tsx";
import { useDataScope } from "../eventType/useDataScope.ts";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { CodeField } from "../ui/code/CodeField.tsx";
import { Field } from "../ui/Field.tsx";
import { parseJson } from "../ui/json/parseJson.ts";
import { Modal } from "../ui/Modal.tsx";
import { timeZone } from "../ui/time/timeZone.ts";
import { useAct } from "../ui/useAct.ts";

const ScheduleDocument = graphql(`
  mutation ScheduleEvents($input: ScheduleEventsInput!) {
    scheduleEvents(input: $input) {
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

/** The fields of a schedule that have a place of their own for what is wrong with them. */
const isPlaced = (path: readonly string[]) =>
  path.some((part) => part === "data" || Object.hasOwn(labels, part));

/** Saves a schedule: an event that is emitted again and again, by cron. */
export function NewSchedule({ onClose }: { onClose: () => void }) {
  const [texts, setTexts] = useState<Record<Name, string>>(() => ({
    ...{ name: "", cron: "", timeZone: timeZone(), type: "" },
  }));
  const [data, setData] = useState("{}");
  const [audience, setAudience] = useState(forAll);
  const scope = useDataScope(texts.type);
  const save = useAct(ScheduleDocument, { showsUserErrors: true });
  const parsed = parseJson(data);
  const errorOf = (name: string) =>
    save.userErrors.find(({ path }) => path.includes(name))?.message;
  const elsewhere = save.userErrors.filter(({ path }) => !isPlaced(path));
  const confirm = async () => {
    if ("problem" in parsed) return;
    const { name, cron, timeZone, type } = texts;
    const event = { type, data: parsed.value, ...inputOf(audience) };
    const saved = await save.run(
      { input: { name, cron, timeZone, event } },
      "The schedule is saved.",
    );
    if (saved) onClose();
  };
  return (
    <Modal
      title="New schedule"
      isOpen
      onClose={onClose}
      foot={
        <Button
          look="primary"
          isBusy={save.isRunning}
          disabled={"problem" in parsed || !isWhole(audience)}
          onClick={confirm}
        >
          Save
        </Button>
      }
    >
      {(Object.keys(labels) as Name[]).map((name) => (
        <Field key={name} label={labels[name]} hint={hints[name]} error={errorOf(name)}>
          <input
            value={texts[name]}
            onChange={({ target }) => setTexts({ ...texts, [name]: target.value })}
          />
        </Field>
      ))}
      <AudienceFields audience={audience} onChange={setAudience} />
      <CodeField
        label="Data (JSON)"
        language="json"
        error={"problem" in parsed ? parsed.problem : errorOf("data")}
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
