import { cloneElement, type ReactElement, useId } from "react";
import "./Field.css";

type Control = { id?: string; "aria-describedby"?: string; "aria-invalid"?: boolean };
type Props = {
  label: string;
  /** A short hint about valid values. */
  hint?: string | undefined;
  error?: string | undefined;
  children: ReactElement<Control>;
};

/** A control with its label, hint and error. */
export function Field({ label, hint, error, children }: Props) {
  const id = useId();
  const note = error ?? hint;
  const control = {
    id,
    ...(note && { "aria-describedby": `${id}-note` }),
    ...(error && { "aria-invalid": true }),
  };
  return (
    <div className="field">
      <label id={`${id}-label`} htmlFor={id}>
        {label}
      </label>
      {cloneElement(children, control)}
      {note && (
        <p
          id={`${id}-note`}
          className={error ? "field-error" : "field-hint"}
          role={error ? "alert" : undefined}
        >
          {note}
        </p>
      )}
    </div>
  );
}
