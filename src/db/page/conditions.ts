import type { Sql } from "../connection/client.ts";
import type { Fragment } from "./page.ts";
import { stripNul } from "./stripNul.ts";

export type Maybe<Value> = Value | null | undefined;

/** `[result(value)]` if the value was given, else `[]`. */
export const when = <Value, Result>(
  value: Maybe<Value>,
  result: (value: Value) => Result,
): Result[] => (value === null || value === undefined ? [] : [result(value)]);

/** The condition that one of `texts` contains `text`, taken literally and ignoring case in any alphabet. */
export const holds = (sql: Sql, texts: Fragment[], text: string): Fragment => {
  const like = `%${stripNul(text).replace(/[\\%_]/g, "\\$&")}%`;
  const conditions = texts.map((text) => sql`${text} collate signalbox.any_case ilike ${like}`);
  return sql`(${conditions.reduce((all, one) => sql`${all} or ${one}`)})`;
};
