import type { Sql } from "./client.ts";
import { leastIdAt } from "./leastId.ts";
import { type Fragment, type Page, type PageRequest, pageClause, toPage } from "./page.ts";

/**
 * Rows that are looked through for one page at most. Each costs some microseconds, a search in its text more, so that
 * a page takes some 20 ms at worst, however many rows there are.
 */
export const MOST_LOOKED_AT = 5_000;
/** For each of many lists in one statement, when they are so many that their share would be less. */
const LEAST_LOOKED_AT = 200;

/** An id before all others. */
const LEAST_ID = leastIdAt(0);

/** What a list is read from, and by which conditions. */
type List = {
  columns: Fragment;
  from: Fragment;
  id: Fragment;
  /** An index leads to the rows that fit these. */
  led: Fragment[];
  /** An index leads to the rows that have one of these values there, and among those of one value has them in order. */
  oneOf?: { column: Fragment; values: string[] } | undefined;
  /** Rows are looked through for those that fit these, however few they may be. */
  sought: Fragment[];
  /** Nearly all rows fit these, if they fit the others. */
  shown: Fragment[];
};

/** The same for a list of each of many parents. */
type ChildList<Row> = List & {
  parent: Fragment;
  of: (row: Row) => string | null;
  /** Whether to be read in the order of the parents' index. */
  inOrder: boolean;
};

/** How many rows each of so many lists may look through. */
const shareOf = (lists: number) => Math.max(LEAST_LOOKED_AT, Math.floor(MOST_LOOKED_AT / lists));

/**
 * The row at which a page ends at the latest, undefined when it is not known to: where rows are sought, the last that may
 * be looked at; among rows of several values, the last that fits on the page.
 */
async function lastRow(sql: Sql, list: List, request: PageRequest): Promise<string | undefined> {
  const { from, id, led, oneOf, sought } = list;
  const isSought = sought.length > 0;
  if (!isSought && !oneOf) return undefined;
  const order = request.backward ? sql`asc` : sql`desc`;
  const rows = (conditions: Fragment[], limit: number) =>
    sql`select ${id} as id from ${from} ${pageClause(sql, id, conditions, { ...request, limit })}`;
  if (!oneOf) {
    const [found] = await sql<{ id: string }[]>`${rows(led, 0)} offset ${MOST_LOOKED_AT - 1}`;
    return found?.id;
  }
  const { column, values } = oneOf;
  const ofOne = [...led, sql`${column} = x.value`];
  const each = isSought
    ? sql`${rows(ofOne, 0)} offset ${shareOf(values.length) - 1}`
    : rows(ofOne, request.limit);
  const [found] = await sql<{ id: string }[]>`
    select l.id from unnest(${values}::text[]) as x(value) cross join lateral (${each}) l
    order by l.id ${order} limit 1 offset ${isSought ? 0 : request.limit}`;
  return found?.id;
}

/**
 * A page of the rows that fit all conditions. Where some have to be sought, so many rows are looked through and no more:
 * the page may then hold fewer rows than asked for, or none, and tells where to go on. Rows of several values are in
 * order only once sorted: how far the page can reach is asked first, lest all of them be.
 */
export async function foundPage<Row extends { id: string }>(
  sql: Sql,
  list: List,
  request: PageRequest,
): Promise<Page<Row>> {
  const { columns, from, id, led, sought, shown } = list;
  const values = [...new Set(list.oneOf?.values)];
  const oneOf = list.oneOf && values.length !== 1 ? { ...list.oneOf, values } : undefined;
  const only = values.length === 1 ? [sql`${list.oneOf?.column ?? id} = ${values[0] ?? ""}`] : [];
  const leading = { ...list, led: [...led, ...only], oneOf };
  const last = await lastRow(sql, leading, request);
  const conditions = [
    ...leading.led,
    ...(oneOf ? [sql`${oneOf.column} = any(${values}::text[])`] : []),
    ...sought,
    ...shown,
    ...(last ? [request.backward ? sql`${id} <= ${last}` : sql`${id} >= ${last}`] : []),
  ];
  const rows = await sql<Row[]>`
    select ${columns} from ${from} ${pageClause(sql, id, conditions, request)}`;
  return toPage<Row>(rows, request, sought.length > 0 ? last : undefined);
}

/** A page, forwards, for each of many parents: as `foundPage`, by one statement, and one more where rows are sought. */
export async function foundPerParent<Row extends { id: string }>(
  sql: Sql,
  { columns, from, id, led, sought, shown, parent, of, inOrder }: ChildList<Row>,
  parentIds: readonly string[],
  request: PageRequest,
): Promise<Map<string, Page<Row>>> {
  // Where one parent has nearly all rows, a plan takes each for such a one and reads everybody's by id. Of a range it
  // doesn't know that it is one parent, and has to read in the order of the parents' index.
  const first = inOrder ? parent : undefined;
  const ofParent = inOrder
    ? [sql`${parent} >= x.parent`, sql`${parent} <= x.parent`]
    : [sql`${parent} = x.parent`];
  const looking = pageClause(sql, id, [...led, ...ofParent], { ...request, limit: 0 }, first);
  const lasts =
    sought.length === 0
      ? []
      : await sql<{ parent: string; id: string }[]>`
          select x.parent, p.id from unnest(${parentIds as string[]}::uuid[]) as x(parent) cross join lateral (
            select ${id} as id from ${from} ${looking} offset ${shareOf(parentIds.length) - 1}) p`;
  const lastOf = new Map(lasts.map((row) => [row.parent, row.id]));
  const within = lastOf.size > 0 ? [sql`${id} >= x.last`] : [];
  const conditions = [...led, ...ofParent, ...sought, ...shown, ...within];
  const rows = await sql<Row[]>`
    select p.* from unnest(${parentIds as string[]}::uuid[],
      ${parentIds.map((parentId) => lastOf.get(parentId) ?? LEAST_ID)}::uuid[]) as x(parent, last) cross join lateral (
      select ${columns} from ${from} ${pageClause(sql, id, conditions, request, first)}
    ) p`;
  const groups = Map.groupBy(rows, of);
  return new Map(
    parentIds.map((parentId) => [
      parentId,
      toPage<Row>(groups.get(parentId) ?? [], request, lastOf.get(parentId)),
    ]),
  );
}
