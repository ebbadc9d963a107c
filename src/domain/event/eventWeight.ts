import { isChanged, jsonText } from "../../util/exactJson.ts";
import type { EventInput } from "./eventInput.ts";

/** So much text is usual; an event that holds more counts as several. */
const USUAL_CHARACTERS = 2_048;

/** About how many characters a JSON value has: a quarter of the time that writing it takes [measured]. */
function charactersOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  // Its numbers may be long.
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

/** How many usual events a call's are worth: one number for how many they are and how much memory they take. */
export const weightOf = (inputs: readonly EventInput[]): number =>
  inputs.reduce((sum, input) => sum + 1 + Math.floor(charactersOf(input) / USUAL_CHARACTERS), 0);
