import { RawJson } from "../../util/rawJson.ts";

/** What an object or a list takes beside what it holds. */
const CONTAINER = 16;
/** A shorter text is counted by its characters. */
const SHORT = 256;

/** About how many bytes a field's value takes, here and in the answer. */
export function weigh(value: unknown): number {
  if (typeof value === "string")
    return value.length <= SHORT ? value.length : Buffer.byteLength(value);
  if (typeof value !== "object" || value === null) return 4;
  if (value instanceof RawJson) return value.length;
  let bytes = CONTAINER;
  if (Array.isArray(value)) {
    for (const item of value) bytes += weigh(item);
    return bytes;
  }
  for (const [key, item] of Object.entries(value)) bytes += key.length + weigh(item);
  return bytes;
}
