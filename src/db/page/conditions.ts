import type { Sql } from "../connection/client.ts";
import type { Fragment } from "./page.ts";
import { stripNul } from "./stripNul.ts";

export type Maybe<Value> = Value | null | undefined;

/** What follows from a value, when it was given. */
export const when = <Value, Result>(
  value: Maybe<Value>,
  result: (value: Value) => Result,
): Result[] => (value === null || value === undefined ? [] : [result(value)]);

/** That one of the texts holds the sought one, taken literally, in any case of any alphabet. */
export const holds = (sql: Sql, texts: Fragment[], text: string): Fragment => {
  const like = `%${stripNul(text).replace(/[\\%_]/g, "\\$&")}%`;
  const conditions = texts.map((text) => sql`${text} collate signalbox.any_case ilike ${like}`);
  return sql`(${conditions.reduce((all, one) => sql`${all} or ${one}`)})`;
};
