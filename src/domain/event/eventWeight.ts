import { isChanged, jsonText } from "../../util/json/exactJson.ts";
import type { EventInput } from "./eventInput.ts";

/** The text size of a typical event; a larger one counts as several. */
const USUAL_CHARACTERS = 2_048;

/**
 * The approximate number of characters of a JSON value, in a quarter of the time that serializing it takes [measured].
 */
function charactersOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  // Its numbers may have many digits.
  if (isChanged(value)) return jsonText(value).length;
  let sum = 0;
  if (Array.isArray(value)) {
    for (const item of value) sum += charactersOf(item);
    return sum;
  }
  const members = value as Record<string, unknown>;
  for (const name in members) sum += name.length + charactersOf(members[name]);
  return sum;
}

/** A call's weight in typical events: one number for both the count and the memory of its events. */
export const weightOf = (inputs: readonly EventInput[]): number =>
  inputs.reduce((sum, input) => sum + 1 + Math.floor(charactersOf(input) / USUAL_CHARACTERS), 0);
