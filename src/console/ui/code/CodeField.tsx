import type { ReactNode } from "react";
import { Field } from "../Field.tsx";
import { CodeArea, type CodeAreaProps } from "./CodeArea.tsx";

type Props = Omit<CodeAreaProps, "id" | "aria-describedby" | "aria-invalid" | "error"> & {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
};

/** An editor of code with its label, hint and error. */
export function CodeField({ label, hint, error, ...area }: Props): ReactNode {
  return (
    <Field label={label} hint={hint} error={error}>
      <CodeArea {...area} error={error} />
    </Field>
  );
}
