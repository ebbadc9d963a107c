import { isChanged, jsonEntries, jsonItems, jsonText } from "../../util/exactJson.ts";
import { parseJson } from "../../util/parseJson.ts";
import { ExactNumber } from "../input/exactNumber.ts";

/** The names of an object whose keys JavaScript has moved, in their order. */
const order = Symbol("the order of its keys");

type Entry = readonly [name: string, value: unknown];

/**
 * The value of JSON text as templates know it. What JavaScript changes of JSON is as it was sent once it is written
 * again: numbers are ExactNumbers where that makes a difference, and objects know the order of their keys.
 */
export const parseValue = (json: string): unknown => exact(parseJson(json));

function exact(value: unknown): unknown {
  if (!isChanged(value)) return value;
  if (Array.isArray(value)) return jsonItems(value).map(exact);
  if (value instanceof Number) return new ExactNumber(jsonText(value));
  return objectOf(jsonEntries(Object(value)).map(([name, part]) => [name, exact(part)]));
}

/** The members of an object in their order. */
export const entriesOf = (value: object): Entry[] =>
  namesOf(value).map((name) => [name, Reflect.get(value, name)]);

const namesOf = (value: object): string[] => Reflect.get(value, order) ?? Object.keys(value);

/** An object of these members, in this order. */
export function objectOf(entries: Entry[]): object {
  const object: object = Object.fromEntries(entries);
  const names = entries.map(([name]) => name);
  const isMoved = Object.keys(object).some((name, index) => name !== names[index]);
  return isMoved ? Object.defineProperty(object, order, { value: names }) : object;
}

/** As `JSON.stringify`, with such values as they were sent. */
export function writeValue(value: unknown): string | undefined {
  if (value instanceof ExactNumber) return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => writeValue(item) ?? "null").join(",")}]`;
  const members = entriesOf(value).flatMap(([name, part]) => {
    const text = writeValue(part);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{${members.join(",")}}`;
}
