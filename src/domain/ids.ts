import { v7 } from "uuid";

/** A new UUIDv7 (RFC 9562): ids sort by the time they were made. */
export const newId = (): string => v7();

/** Any UUID in its text form; what is none cannot be an id of ours. */
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether `value` can be an id at all, so that a bad one is "not found" rather than an SQL error. */
export const isId = (value: string): boolean => uuid.test(value);
