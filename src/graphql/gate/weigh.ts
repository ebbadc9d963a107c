import { RawJson } from "../../util/json/rawJson.ts";

/** Bytes of an object or list in addition to its contents. */
const CONTAINER = 16;
/** Up to this length, characters are counted instead of bytes, which is faster. */
const SHORT = 256;

/** Estimates the bytes of a field's value, in memory and in the answer. */
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
