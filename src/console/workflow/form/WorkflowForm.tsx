import { Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { flushSync } from "react-dom";
import { useTypes } from "../../eventType/useTypes.ts";
import { KeptNote } from "../../kept/KeptNote.tsx";
import { useDraft } from "../../kept/useDraft.ts";
import { Button } from "../../ui/Button.tsx";
import { Field } from "../../ui/Field.tsx";
import type { UserError } from "../../ui/useAct.ts";
import { EventTypeField } from "./EventTypeField.tsx";
import { StepEditor } from "./StepEditor.tsx";
import { type Trial, useWorkflowPreview } from "./useWorkflowPreview.ts";
import { WorkflowPreview } from "./WorkflowPreview.tsx";
import {
  emptyStep,
  problemsOfStep,
  type StepDraft,
  type StepField,
  type StepProblems,
  type WorkflowDraft,
} from "./workflowDraft.ts";
import { workflowScope } from "./workflowScope.ts";
import "./WorkflowForm.css";

type Props = {
  draft: WorkflowDraft;
  /** The edited workflow; null for a new one, whose event type can be chosen. */
  workflowId: string | null;
  /** Initial variables of the preview. */
  variables: string;
  userErrors: UserError[];
  isBusy: boolean;
  done: string;
  onSubmit: (draft: WorkflowDraft) => void;
  onCancel: () => void;
};

/** The key of a field: `name`, or the step's key and the field. */
const placeOf = (step: StepDraft, field: StepField) => `${step.key} ${field}`;

/** The form of a workflow. A field shows its error after it has lost the focus or was rejected. */
export function WorkflowForm({ draft: given, workflowId, userErrors, ...rest }: Props) {
  const { draft, change: setDraft, discard } = useDraft(given);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [sent, setSent] = useState<WorkflowDraft | null>(null);
  const [trial, setTrial] = useState<Trial>({ eventId: null, variables: rest.variables });
  const preview = useWorkflowPreview(draft, trial);
  const { scope: dataScope } = useTypes(draft.eventType);
  const { steps } = draft;
  const leave = (...places: string[]) => setLeft(new Set([...left, ...places]));
  const change = (changed: Partial<WorkflowDraft>) => setDraft({ ...draft, ...changed });
  const needed = { name: "A name.", eventType: "The type of the events that start the workflow." };
  /** Errors of the last save stay until the form changes; the preview's errors are current. */
  const userErrorsOf = (isAsSent: boolean) => [
    ...(isAsSent ? userErrors : []),
    ...(preview?.userErrors ?? []),
  ];
  const errorOf = (field: "name" | "eventType") => {
    if (draft[field].trim() === "") return left.has(field) ? needed[field] : undefined;
    return userErrorsOf(sent?.[field] === draft[field]).find(({ path }) => path[0] === field)
      ?.message;
  };
  const plain = steps.map((step, index) => problemsOfStep(step, steps.slice(0, index)));
  const problemsAt = (step: StepDraft, index: number): StepProblems => {
    const fromServer = userErrorsOf(sent?.steps === steps).flatMap(({ path, message }) =>
      path[0] === "steps" && path[1] === String(index) ? [[path[2] ?? "id", message]] : [],
    );
    const own = Object.entries(plain[index] ?? {}).filter(([field]) =>
      left.has(placeOf(step, field as StepField)),
    );
    return Object.fromEntries([...fromServer.reverse(), ...own]);
  };
  const move = (index: number, by: number) => {
    const moved = steps[index];
    if (!moved || !steps[index + by]) return;
    const others = steps.toSpliced(index, 1);
    const focused = document.activeElement;
    flushSync(() => change({ steps: others.toSpliced(index + by, 0, moved) }));
    // A moved element loses the focus, and a disabled button cannot regain it.
    if (focused instanceof HTMLButtonElement && focused.disabled) {
      focused.closest("fieldset")?.querySelector("input")?.focus();
    } else if (focused instanceof HTMLElement) focused.focus();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = steps.flatMap((step, index) =>
      Object.keys(plain[index] ?? {}).map((field) => placeOf(step, field as StepField)),
    );
    leave("name", "eventType", ...wrong);
    if (wrong.length > 0 || draft.name.trim() === "" || draft.eventType.trim() === "") return;
    setSent(draft);
    rest.onSubmit(draft);
  };
  const others = (sent === draft ? userErrors : []).filter(
    ({ path }) => !["name", "eventType"].includes(path[0] ?? "") && path[1] === undefined,
  );
  return (
    <div className="workflow-form-frame">
      <form className="workflow-form" onSubmit={submit} noValidate>
        <KeptNote discard={discard} />
        {others.map(({ message }) => (
          <p key={message} className="field-error" role="alert">
            {message}
          </p>
        ))}
        <div className="step-columns">
          <Field label="Name" error={errorOf("name")}>
            <input
              value={draft.name}
              autoComplete="off"
              onChange={({ target }) => change({ name: target.value })}
              onBlur={() => leave("name")}
            />
          </Field>
          <EventTypeField
            value={draft.eventType}
            isFixed={workflowId !== null}
            error={errorOf("eventType")}
            onChange={(eventType) => {
              change({ eventType });
              setTrial({ ...trial, eventId: null });
            }}
            onLeave={() => leave("eventType")}
          />
        </div>
        {steps.map((step, index) => (
          <StepEditor
            key={step.key}
            step={step}
            index={index}
            count={steps.length}
            problems={problemsAt(step, index)}
            scope={workflowScope(dataScope, trial.variables, steps.slice(0, index))}
            onChange={(changed) => change({ steps: steps.with(index, changed) })}
            onLeave={(field) => leave(placeOf(step, field))}
            onMove={(by) => move(index, by)}
            onRemove={() => change({ steps: steps.toSpliced(index, 1) })}
          />
        ))}
        <Button onClick={() => change({ steps: [...steps, emptyStep(steps)] })}>
          <Plus size={14} /> <span>Add a step</span>
        </Button>
        <div className="workflow-form-foot">
          <Button onClick={rest.onCancel}>Cancel</Button>
          <Button type="submit" look="primary" isBusy={rest.isBusy}>
            {rest.done}
          </Button>
        </div>
      </form>
      <WorkflowPreview
        preview={preview}
        eventType={draft.eventType}
        workflowId={workflowId}
        trial={trial}
        onTrial={setTrial}
      />
    </div>
  );
}
