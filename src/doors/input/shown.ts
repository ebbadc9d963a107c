import { jsonText } from "../../util/json/exactJson.ts";

const LONGEST = 60;

/** A given value as an error tells it: its JSON, cut. */
export function shown(value: unknown): string {
  const text = jsonText(value) ?? String(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
