import type postgres from "postgres";
import type { Sql } from "../connection/client.ts";

/** Part of a statement. */
export type Fragment = postgres.PendingQuery<postgres.Row[]>;

/** `limit` rows after or before a row's id; `backward` means from the list's end. */
export type PageRequest = {
  limit: number;
  backward: boolean;
  after: string | undefined;
  before: string | undefined;
};

/**
 * A page in the list's order, whatever direction it was read in. `start` and `end` are the ids to go on from, if they
 * are not those of its first and last row.
 */
export type Page<Row> = {
  rows: Row[];
  hasNext: boolean;
  hasPrevious: boolean;
  start?: string;
  end?: string;
};

/** Joins conditions by `and`; true if there are none. */
export const allOf = (sql: Sql, conditions: Fragment[]): Fragment =>
  conditions.reduce((all, condition) => sql`${all} and ${condition}`, sql`true`);

/**
 * The conditions, order and limit of a page, newest first. The order is by id, a UUIDv7: unique and in order of time
 * (timestamps would skip rows). One more row than asked for is read, to know whether there are more.
 */
const pageClause = (
  sql: Sql,
  id: Fragment,
  conditions: Fragment[],
  request: PageRequest,
): Fragment => {
  const { after, before, backward, limit } = request;
  const within = [
    ...conditions,
    ...(after ? [sql`${id} < ${after}`] : []),
    ...(before ? [sql`${id} > ${before}`] : []),
  ];
  const order = backward ? sql`asc` : sql`desc`;
  return sql`where ${allOf(sql, within)} order by ${id} ${order} limit ${limit + 1}`;
};

/** Makes a page of the rows that `pageClause` found. `scannedTo` is the row at which a bounded scan ended. */
export function toPage<Row>(
  found: readonly Row[],
  { limit, backward, after, before }: PageRequest,
  scannedTo?: string,
): Page<Row> {
  const isCut = found.length <= limit && scannedTo !== undefined;
  const hasMore = found.length > limit || isCut;
  const rows = found.slice(0, limit);
  const hasNext = before !== undefined || (!backward && hasMore);
  const hasPrevious = after !== undefined || (backward && hasMore);
  const cut = isCut ? (backward ? { start: scannedTo } : { end: scannedTo }) : {};
  return { rows: backward ? rows.reverse() : rows, hasNext, hasPrevious, ...cut };
}

/** A page of `select`, newest first, with the rows that meet all conditions. */
export async function idPage<Row extends object>(
  sql: Sql,
  select: Fragment,
  id: Fragment,
  conditions: Fragment[],
  request: PageRequest,
): Promise<Page<Row>> {
  const rows = await sql<Row[]>`${select} ${pageClause(sql, id, conditions, request)}`;
  return toPage<Row>(rows, request);
}

/** A page for each of many parents, in one statement. Conditions refer to a parent as `x.parent`. */
export async function idPagePerParent<Row extends object>(
  sql: Sql,
  select: Fragment,
  id: Fragment,
  conditions: Fragment[],
  parents: { values: readonly string[]; type: "uuid" | "text" },
  request: PageRequest,
): Promise<Map<string, Page<Row>>> {
  const type = parents.type === "uuid" ? sql`uuid` : sql`text`;
  const rows = await sql<(Row & { parent: string })[]>`
    select p.*, x.parent from unnest(${parents.values as string[]}::${type}[]) as x(parent) cross join lateral (
      ${select} ${pageClause(sql, id, conditions, request)}
    ) p`;
  const groups = Map.groupBy(rows, ({ parent }) => parent);
  return new Map(
    parents.values.map((value) => [value, toPage<Row>(groups.get(value) ?? [], request)]),
  );
}
