import type { EventInput } from "./eventInput.ts";

/** So much text is usual; an event that holds more counts as several. */
const USUAL_CHARACTERS = 2_048;

/** About how many characters a JSON value has, without the cost of writing it. */
function charactersOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  return Object.entries(value).reduce(
    (sum, [name, child]) => sum + name.length + charactersOf(child),
    0,
  );
}

/** How many usual events a call's are worth: one number for how many they are and how much memory they take. */
export const weightOf = (inputs: readonly EventInput[]): number =>
  inputs.reduce((sum, input) => sum + 1 + Math.floor(charactersOf(input) / USUAL_CHARACTERS), 0);
