import { isChanged, jsonEntries, jsonItems, jsonText } from "../../util/json/exactJson.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { ExactNumber } from "../input/exactNumber.ts";

/** The original order of an object's keys, where JavaScript has moved them. */
const order = Symbol("the order of its keys");

type Entry = readonly [name: string, value: unknown];

/**
 * The value of JSON text for templates. Written again, it is as it was sent: numbers that JavaScript would change are
 * ExactNumbers, and objects keep the order of their keys.
 */
export const parseValue = (json: string): unknown => exact(parseJson(json));

function exact(value: unknown): unknown {
  if (!isChanged(value)) return value;
  if (Array.isArray(value)) return jsonItems(value).map(exact);
  if (value instanceof Number) return new ExactNumber(jsonText(value));
  return objectOf(jsonEntries(Object(value)).map(([name, part]) => [name, exact(part)]));
}

/** An object's members in their original order. */
export const entriesOf = (value: object): Entry[] =>
  namesOf(value).map((name) => [name, Reflect.get(value, name)]);

const namesOf = (value: object): string[] => Reflect.get(value, order) ?? Object.keys(value);

/** An object with these members, in this order. */
export function objectOf(entries: Entry[]): object {
  const object: object = Object.fromEntries(entries);
  const names = entries.map(([name]) => name);
  const isMoved = Object.keys(object).some((name, index) => name !== names[index]);
  return isMoved ? Object.defineProperty(object, order, { value: names }) : object;
}

/** Like `JSON.stringify`, but writes such values as they were sent. */
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
