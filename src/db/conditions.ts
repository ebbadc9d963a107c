import { storable } from "./storable.ts";

export type Maybe<Value> = Value | null | undefined;

/** What follows from a value, when it was given. */
export const when = <Value, Result>(
  value: Maybe<Value>,
  result: (value: Value) => Result,
): Result[] => (value === null || value === undefined ? [] : [result(value)]);

/** `%text%` with LIKE's own characters taken literally. */
export const containing = (text: string) => `%${storable(text).replace(/[\\%_]/g, "\\$&")}%`;
