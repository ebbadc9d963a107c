import { Button } from "../Button.tsx";
import { CodeField } from "../code/CodeField.tsx";
import { parseJson } from "./parseJson.ts";
import "./JsonField.css";

type Props = {
  label: string;
  hint?: string;
  /** The hub's error. */
  error: string | undefined;
  text: string;
  rows?: number;
  onChange: (text: string) => void;
};

/** A JSON editor that shows syntax errors as you type and can format the text. */
export function JsonField({ label, hint, error, text, rows = 14, onChange }: Props) {
  const parsed = parseJson(text);
  const problem = "problem" in parsed ? parsed.problem : error;
  return (
    <div className="json-field">
      <CodeField
        {...{ label, hint, rows, onChange }}
        error={problem}
        language="json"
        value={text}
      />
      <Button
        look="quiet"
        disabled={"problem" in parsed}
        onClick={() => "value" in parsed && onChange(JSON.stringify(parsed.value, null, 2))}
      >
        Format
      </Button>
    </div>
  );
}
