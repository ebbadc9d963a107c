import { useState } from "react";
import { entryId } from "./historyEntry.ts";

/** More entries than anyone goes back; the oldest are forgotten. */
const MOST = 5_000;
const values = new Map<string, unknown>();

const keyOf = (name: string) => `${entryId()} ${name}`;

/** What was kept under a name in this entry of the history. */
export const readKept = <Value>(name: string): Value | undefined =>
  values.get(keyOf(name)) as Value | undefined;

/** Keeps a value under a name in this entry of the history. */
export function keep(name: string, value: unknown): void {
  const key = keyOf(name);
  values.delete(key);
  values.set(key, value);
  const [oldest] = values.keys();
  if (values.size > MOST && oldest !== undefined) values.delete(oldest);
}

/** A state that is found again when one goes back to the page. Names are unique on a page; another name, another state. */
export function useKept<Value>(name: string, first: Value): [Value, (next: Value) => void] {
  const begin = () => ({ name, value: readKept<Value>(name) ?? first });
  const [held, setHeld] = useState(begin);
  const { value } = held.name === name ? held : begin();
  const change = (next: Value) => {
    keep(name, next);
    setHeld({ name, value: next });
  };
  return [value, change];
}
