import { randomUUID } from "node:crypto";

let lastMs = 0;
let inMs = 0;

/**
 * A new UUIDv7 (RFC 9562): ids sort by creation time, and those of one millisecond by a counter. `randomUUID` is used
 * for the random bits because Node.js prepares them for many UUIDs at once; drawing them one by one takes most of the
 * time.
 */
export function newId(): string {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    inMs = 0;
  } else if (++inMs > 0xfff) {
    lastMs++;
    inMs = 0;
  }
  const time = lastMs.toString(16).padStart(12, "0");
  const number = inMs.toString(16).padStart(3, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${number}${randomUUID().slice(18)}`;
}

/** When an id was made, in milliseconds. */
export const timeOfId = (id: string): number =>
  Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** The text form of any UUID; other text cannot be an id of the hub. */
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether `value` can be an id, so that an ill-formed one is "not found" rather than an SQL error. */
export const isId = (value: string): boolean => uuid.test(value);
