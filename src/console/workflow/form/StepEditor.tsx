import { ArrowDown, ArrowUp, Trash2 } from "lucide-react";
import type { KeyboardEvent } from "react";
import { Button } from "../../ui/Button.tsx";
import { CodeField } from "../../ui/code/CodeField.tsx";
import type { Scope } from "../../ui/code/scope.ts";
import { Field } from "../../ui/Field.tsx";
import {
  bodyKinds,
  isBodyKind,
  methods,
  type StepDraft,
  type StepField,
  type StepProblems,
} from "./workflowDraft.ts";
import "./StepEditor.css";

type Props = {
  step: StepDraft;
  /** The step's index, from 0, and the number of steps. */
  index: number;
  count: number;
  problems: StepProblems;
  /** What its templates can read. */
  scope: Scope;
  onChange: (step: StepDraft) => void;
  onLeave: (field: StepField) => void;
  /** Moves the step by this many places. */
  onMove: (by: number) => void;
  onRemove: () => void;
};

/** The editor of one step. */
export function StepEditor({
  step,
  index,
  count,
  problems,
  scope,
  onChange,
  onLeave,
  ...on
}: Props) {
  const propsOf = (field: StepField) => ({
    value: step[field],
    spellCheck: false,
    autoComplete: "off",
    onChange: ({ target }: { target: { value: string } }) =>
      onChange({ ...step, [field]: target.value }),
    onBlur: () => onLeave(field),
  });
  const codeOf = (field: StepField) => ({
    value: step[field],
    error: problems[field],
    scope,
    onChange: (text: string) => onChange({ ...step, [field]: text }),
    onBlur: () => onLeave(field),
  });
  const moveByKey = (event: KeyboardEvent) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || by === undefined) return;
    event.preventDefault();
    on.onMove(by);
  };
  const name = `step ${index + 1}`;
  return (
    <fieldset className="step-editor" onKeyDown={moveByKey} aria-label={`Step ${index + 1}`}>
      <div className="step-editor-head">
        <h3>
          <span className="step-number">{index + 1}</span>
          <span className="line">{step.name || step.id}</span>
        </h3>
        <div className="step-editor-tools">
          <Button
            look="quiet"
            aria-label={`Move ${name} up`}
            title="Move up (Alt ↑)"
            disabled={index === 0}
            onClick={() => on.onMove(-1)}
          >
            <ArrowUp size={14} />
          </Button>
          <Button
            look="quiet"
            aria-label={`Move ${name} down`}
            title="Move down (Alt ↓)"
            disabled={index === count - 1}
            onClick={() => on.onMove(1)}
          >
            <ArrowDown size={14} />
          </Button>
          <Button
            look="quiet"
            aria-label={`Remove ${name}`}
            title="Remove"
            disabled={count === 1}
            onClick={on.onRemove}
          >
            <Trash2 size={14} />
          </Button>
        </div>
      </div>
      <div className="step-columns">
        <Field label="Id" hint="Later steps refer to the response by this id." error={problems.id}>
          <input {...propsOf("id")} className="mono" />
        </Field>
        <Field label="Name" hint="For people. Optional." error={problems.name}>
          <input {...propsOf("name")} />
        </Field>
      </div>
      <div className="step-call">
        <Field label="Method">
          <select {...propsOf("method")}>
            {methods.map((method) => (
              <option key={method}>{method}</option>
            ))}
          </select>
        </Field>
        <CodeField
          {...codeOf("url")}
          label="URL"
          language="liquid"
          isSingleLine
          placeholder="https://example.com/{{ data.id }}"
        />
      </div>
      <Field
        label="Headers"
        hint={'One "name: value" per line. [redacted] keeps the stored value.'}
        error={problems.headers}
      >
        <textarea {...propsOf("headers")} rows={2} placeholder="X-Team: support" />
      </Field>
      <div className="step-body">
        <Field label="Body">
          <select
            value={step.bodyKind}
            onChange={({ target }) =>
              isBodyKind(target.value) && onChange({ ...step, bodyKind: target.value })
            }
          >
            {Object.entries(bodyKinds).map(([kind, label]) => (
              <option key={kind} value={kind}>
                {label}
              </option>
            ))}
          </select>
        </Field>
        {step.bodyKind !== "none" && (
          <CodeField
            {...codeOf("body")}
            label={step.bodyKind === "json" ? "Body (JSON)" : "Body (text)"}
            hint={
              step.bodyKind === "json"
                ? "Its strings are templates: {{ data.… }}, {{ user.… }}, {{ event.… }}, {{ steps.<id>.response.… }}."
                : "One template, sent as a JSON string; {{ data }} alone keeps the type of its value."
            }
            language={step.bodyKind === "json" ? "jsonTemplate" : "liquid"}
            rows={2}
          />
        )}
      </div>
      <div className="step-columns">
        <Field label="Retries" hint="0 to 20." error={problems.retries}>
          <input {...propsOf("retries")} inputMode="numeric" />
        </Field>
        <Field label="Timeout (ms)" hint="100 to 60,000." error={problems.timeoutMs}>
          <input {...propsOf("timeoutMs")} inputMode="numeric" />
        </Field>
      </div>
    </fieldset>
  );
}
