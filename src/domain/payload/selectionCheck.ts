import { fieldOf, hasFields, namesOf, type Part, wholeData } from "../../jsonSchema/fieldLookup.ts";
import { eventFields } from "./payloadScope.ts";
import type { Selection } from "./selection.ts";

const text = { type: "string" };
const event = wholeData({
  type: "object",
  properties: {
    ...Object.fromEntries(eventFields.map((name) => [name, text])),
    content: true,
    subject: { type: "object", properties: { type: text, id: text } },
  },
});

const MAX_NAMES = 30;
function listed(names: string[]): string {
  const more = names.length - MAX_NAMES;
  const first = names.slice(0, MAX_NAMES).join(", ");
  return more > 0 ? `${first} and ${more} more` : first;
}

/**
 * Why a selection can't be of events whose data these parts describe; null if it can. A field is wrong that none of
 * them has: a hook may take events of several types, and what one of them lacks is null.
 */
export const selectionProblem = (selection: Selection, data: Part[]): string | null =>
  problemIn(selection, [event], "event", data);

/** `data`: what the field `data` is, on the level that has it. */
function problemIn(
  selection: Selection,
  parts: Part[],
  path: string,
  data?: Part[],
): string | null {
  for (const { name, place, fields } of selection.values()) {
    const own = `${path}.${name}`;
    const noFields = `'${own}' holds no fields to select (${place})`;
    if (name === "__typename") {
      if (fields) return noFields;
      continue;
    }
    const isData = data !== undefined && name === "data";
    const inside = isData ? data : parts.flatMap((part) => fieldOf(part, name) ?? []);
    if (inside.length === 0) {
      const names = listed([...new Set(parts.flatMap(namesOf))]);
      return `there is no '${own}'${names && `; ${path} has ${names}`} (${place})`;
    }
    if (!fields) continue;
    const composites = inside.filter(hasFields);
    if (composites.length === 0) return noFields;
    const problem = problemIn(fields, composites, own);
    if (problem !== null) return problem;
  }
  return null;
}
