/**
 * JSON values exactly as they were sent. `JSON.parse` changes two things: a number becomes the nearest double
 * (9007199254740993 ends in 2, `1.0` becomes `1`), and keys made of digits move to the front. The values here are plain
 * JavaScript values; an object or list with a changed part also keeps its original parts under a hidden symbol. A
 * changed number on its own is a `Number` object that keeps its digits under that symbol.
 */
const sent = Symbol("as it was sent");

type Entry = readonly [name: string, value: unknown];
type Sent = { source: string } | { list: readonly unknown[] } | { entries: readonly Entry[] };

const sentOf = (value: unknown): Sent | undefined =>
  typeof value === "object" && value !== null ? Reflect.get(value, sent) : undefined;

// A WeakMap would take three times as long as this property, because of the garbage collector's work.
const keep = <Value extends object>(value: Value, parts: Sent): Value =>
  Object.defineProperty(value, sent, { value: parts });

/** Whether JavaScript changed the value, so that its source text holds more. */
export const isChanged = (value: unknown): boolean => sentOf(value) !== undefined;

/** The plain JavaScript value: a `Number` object becomes a number. */
export const plainJson = (value: unknown): unknown =>
  value instanceof Number ? value.valueOf() : value;

/** Whether JavaScript writes the number differently from its source: `9007199254740993`, `1.0`, `-0`, `1e400`. */
export const isChangedNumber = (source: string): boolean => String(Number(source)) !== source;

/** A number that keeps its source text. */
export const jsonNumber = (source: string): unknown =>
  isChangedNumber(source) ? keep(Object(Number(source)), { source }) : Number(source);

/** A list that keeps its parts as they were sent. */
export function jsonList(parts: readonly unknown[]): unknown[] {
  const list = parts.map(plainJson);
  return parts.some(isChanged) ? keep(list, { list: parts }) : list;
}

/** An object that keeps its entries as they were sent. Of a repeated name the last one counts, as in `JSON.parse`. */
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

/** Assigning to `__proto__` would set the prototype, so that member is defined instead. */
const defined = { writable: true, enumerable: true, configurable: true };

/** Like `JSON.stringify`, but writes everything as it was sent. */
export function jsonText(value: unknown): string {
  const parts = sentOf(value);
  if (parts === undefined) return JSON.stringify(value);
  if ("source" in parts) return parts.source;
  if ("list" in parts) return `[${parts.list.map(jsonText).join(",")}]`;
  return `{${parts.entries.map(([name, part]) => `${JSON.stringify(name)}:${jsonText(part)}`).join(",")}}`;
}

/** An object's entries, in the order and form in which they were sent. */
export function jsonEntries(object: object): readonly Entry[] {
  const parts = sentOf(object);
  return parts && "entries" in parts ? parts.entries : Object.entries(object);
}

/** A list's items in the form in which they were sent. */
export function jsonItems(list: readonly unknown[]): readonly unknown[] {
  const parts = sentOf(list);
  return parts && "list" in parts ? parts.list : list;
}
