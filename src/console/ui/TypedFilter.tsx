import { useEffect, useRef, useState } from "react";
import { onKey } from "../shell/keys.ts";

/** Delay between the last keystroke and the search. */
const TYPED_MS = 250;

type Props = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Whether the key / leads here. */
  isMain?: boolean;
  /** Whether the value cannot be searched for; the title says why. */
  problem?: string | undefined;
};

/** A text field that applies its value after a pause in typing. */
export function TypedFilter({ label, value: given, onChange, isMain, problem }: Props) {
  const [text, setText] = useState(given);
  const input = useRef<HTMLInputElement>(null);
  const apply = useRef(onChange);
  useEffect(() => {
    apply.current = onChange;
  });
  useEffect(() => setText(given), [given]);
  useEffect(() => {
    if (text === given) return;
    const timer = setTimeout(() => apply.current(text), TYPED_MS);
    return () => clearTimeout(timer);
  }, [text, given]);
  useEffect(() => (isMain ? onKey("/", () => input.current?.focus()) : undefined), [isMain]);
  return (
    <input
      ref={input}
      type="search"
      aria-label={label}
      placeholder={label}
      value={text}
      aria-invalid={problem !== undefined || undefined}
      title={problem}
      onChange={({ target }) => setText(target.value)}
      onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
    />
  );
}
