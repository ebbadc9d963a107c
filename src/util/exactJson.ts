/**
 * JSON values as they were sent. JavaScript changes two things of JSON: a number becomes the nearest double
 * (9007199254740993 ends in 2, `1.0` becomes `1`), and keys of digits move to the front. Values here are plain all the
 * same: an object or list of which something was changed has its parts as they were sent under a hidden symbol. A
 * number with nothing around it is a `Number` object, with its digits under that symbol.
 */
const sent = Symbol("as it was sent");

type Entry = readonly [name: string, value: unknown];
type Sent = { source: string } | { list: readonly unknown[] } | { entries: readonly Entry[] };

const sentOf = (value: unknown): Sent | undefined =>
  typeof value === "object" && value !== null ? Reflect.get(value, sent) : undefined;

// A WeakMap instead of a property makes reading three times as slow: it is the garbage collector's work.
const keep = <Value extends object>(value: Value, parts: Sent): Value =>
  Object.defineProperty(value, sent, { value: parts });

/** Whether JavaScript has changed the value, so that its text says more. */
export const isChanged = (value: unknown): boolean => sentOf(value) !== undefined;

/** The value for JavaScript to work with: a number alone, too. */
export const plainJson = (value: unknown): unknown =>
  value instanceof Number ? value.valueOf() : value;

/** Whether JavaScript writes another number than it has read: `9007199254740993`, `1.0`, `-0`, `1e400`. */
export const isChangedNumber = (source: string): boolean => String(Number(source)) !== source;

/** A number as it is written. */
export const jsonNumber = (source: string): unknown =>
  isChangedNumber(source) ? keep(Object(Number(source)), { source }) : Number(source);

/** A list of such values. */
export function jsonList(parts: readonly unknown[]): unknown[] {
  const list = parts.map(plainJson);
  return parts.some(isChanged) ? keep(list, { list: parts }) : list;
}

/** An object of such values; of a name that is given twice the last counts, as it does for `JSON.parse`. */
export function jsonObject(entries: readonly Entry[]): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  let mayDiffer = false;
  for (const [name, part] of entries) {
    mayDiffer ||= isChanged(part) || /^\d/.test(name);
    if (name !== "__proto__") object[name] = plainJson(part);
    else Object.defineProperty(object, name, { ...defined, value: plainJson(part) });
  }
  if (!mayDiffer) return object;
  const names = Object.keys(object);
  const unique = names.length === entries.length ? entries : [...new Map(entries)];
  const isSame = unique.every(([name, part], index) => name === names[index] && !isChanged(part));
  return isSame ? object : keep(object, { entries: unique });
}

/** Assigned, a member of the name `__proto__` would set the prototype. */
const defined = { writable: true, enumerable: true, configurable: true };

/** As `JSON.stringify`, with everything as it was sent. */
export function jsonText(value: unknown): string {
  const parts = sentOf(value);
  if (parts === undefined) return JSON.stringify(value);
  if ("source" in parts) return parts.source;
  if ("list" in parts) return `[${parts.list.map(jsonText).join(",")}]`;
  return `{${parts.entries.map(([name, part]) => `${JSON.stringify(name)}:${jsonText(part)}`).join(",")}}`;
}

/** The members of an object in the order and as they were sent. */
export function jsonEntries(object: object): readonly Entry[] {
  const parts = sentOf(object);
  return parts && "entries" in parts ? parts.entries : Object.entries(object);
}

/** The items of a list as they were sent. */
export function jsonItems(list: readonly unknown[]): readonly unknown[] {
  const parts = sentOf(list);
  return parts && "list" in parts ? parts.list : list;
}
