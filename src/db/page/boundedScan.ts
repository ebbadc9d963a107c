import type { Sql } from "../connection/client.ts";
import { minUuid7At } from "./minUuid7.ts";
import { allOf, type Fragment, type Page, type PageRequest, toPage } from "./page.ts";

/**
 * Rows that are looked through for one page at most. Each costs some microseconds, a search in its text more, so that
 * a page takes some 40 ms at worst, however many rows there are.
 */
export const MAX_SCANNED_ROWS = 3_500;
/** The same of rows that lie far apart: each is a page of the table, which memory may not have. */
export const MAX_RANDOM_READS = 400;
/** For each of many lists in one statement, when they are so many that their share would be less. */
const MIN_SCANNED_ROWS = 200;
/** How many rows each of so many lists may look through. */
export const scanShare = (lists: number, limit = MAX_SCANNED_ROWS) =>
  lists === 1 ? limit : Math.max(MIN_SCANNED_ROWS, Math.floor(limit / lists));
/** What the rows of a page that is sought in their texts hold together: more takes PostgreSQL seconds. */
const MAX_SEARCHED_BYTES = 4 * 1024 * 1024;

/** What a list is read from, and by which conditions. */
export type ScanList = {
  columns: Fragment;
  from: Fragment;
  /** What the table is called in `from`. */
  name: Fragment;
  id: Fragment;
  /** All rows that may be looked at fit these. */
  within: Fragment[];
  /** An index has the rows of each of these values in the order of their ids. */
  indexKey?: IndexKey | undefined;
  /** An index has the rows that fit this, in any order; usually they are few. */
  selectiveFilter?: Fragment | undefined;
  /** Rows are looked through for those that fit these, however few they may be. */
  residualFilter: Fragment[];
  /** How many are looked through for a page at most, when not as many as usual. */
  scanLimit?: number | undefined;
  /**
   * What is looked through of a row when that may be much, and a guess of its length that takes no reading of it. Such a
   * list has one leading value at most.
   */
  weight?: { text: Fragment; guess: Fragment } | undefined;
  /** Nearly all rows fit these, if they fit the others. */
  cheapFilter: Fragment[];
  /** What ids lie between: this one or later, and before that one. */
  range?: { from?: string | undefined; to?: string | undefined } | undefined;
};
export type IndexKey = { column: Fragment; type: Fragment; values: string[] };

/** Ids before and behind all others. */
export const LEAST = minUuid7At(0);
export const GREATEST = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** Where in the list a page lies: above one id, or from it on, and below another. */
function boundsOf({ range }: ScanList, { after, before }: PageRequest) {
  const from = range?.from ?? LEAST;
  const to = range?.to ?? GREATEST;
  const isAbove = before !== undefined && before >= from;
  return { isAbove, first: isAbove ? before : from, last: after && after < to ? after : to };
}

/**
 * That a row lies there. Told of a pair of value and id, PostgreSQL has to read in the order of the index of both; of one
 * value alone it knows that ids are in order, too, and takes its chance with everybody's rows where that is common.
 */
function isInPage(sql: Sql, list: ScanList, request: PageRequest): Fragment {
  const { id, indexKey } = list;
  const { isAbove, first, last } = boundsOf(list, request);
  const over = isAbove ? sql`>` : sql`>=`;
  if (!indexKey) return sql`${id} ${over} ${first} and ${id} < ${last}`;
  const { column } = indexKey;
  return sql`${column} is not null and (${column}, ${id}) ${over} (x.value, ${first})
    and (${column}, ${id}) < (x.value, ${last})`;
}

/** What `read` reads in an order, at most so many rows of it: for each value of an index, or once. */
function inOrder(
  sql: Sql,
  { indexKey, id }: ScanList,
  isBackward: boolean,
  limit: number,
  read: (order: Fragment) => Fragment,
): Fragment {
  const order = isBackward ? sql`asc` : sql`desc`;
  if (!indexKey) return read(sql`order by ${id} ${order}`);
  const each = read(sql`order by ${indexKey.column} ${order}, ${id} ${order}`);
  return sql`
    select p.* from unnest(${indexKey.values}::${indexKey.type}[]) as x(value) cross join lateral (${each}) p
    order by p.id ${order} limit ${limit}`;
}

/** The last row that is looked at: of the values' last ones the nearest; undefined when there are no more. */
async function lastScanned(
  sql: Sql,
  list: ScanList,
  request: PageRequest,
): Promise<string | undefined> {
  const { from, id, within, indexKey } = list;
  const conditions = allOf(sql, [...within, isInPage(sql, list, request)]);
  const share = scanShare(indexKey?.values.length ?? 1, list.scanLimit);
  const read = (order: Fragment) =>
    sql`select ${id} as id from ${from} where ${conditions} ${order} limit 1 offset ${share - 1}`;
  const [last] = await sql<{ id: string }[]>`${inOrder(sql, list, request.backward, 1, read)}`;
  return last?.id;
}

/** The list led by its few rows, all of which are then sorted; or, when they are many, with them sought like others. */
async function preferSelectiveIndex(sql: Sql, list: ScanList): Promise<ScanList> {
  const { selectiveFilter, from, within, indexKey, residualFilter } = list;
  if (!selectiveFilter) return list;
  const found = sql`${from} where ${allOf(sql, [...within, selectiveFilter])}`;
  const [many] = await sql`select from ${found} limit 1 offset ${MAX_SCANNED_ROWS}`;
  if (many) return { ...list, residualFilter: [...residualFilter, selectiveFilter] };
  const isOne = indexKey
    ? [sql`${indexKey.column} = any(${indexKey.values}::${indexKey.type}[])`]
    : [];
  // Without `offset` a plan would take its chance with everybody's rows.
  const rows = sql`(select * from ${found} offset 0) ${list.name}`;
  const rest = [...isOne, ...residualFilter];
  const where = list.weight
    ? { residualFilter: rest }
    : { residualFilter: [], cheapFilter: [...list.cheapFilter, ...rest] };
  return { ...list, from: rows, indexKey: undefined, ...where };
}

/** How many of the rows that lie next may be looked at, when their texts are: one at least. And the last of them. */
async function weighed(
  sql: Sql,
  { from, id, within, indexKey, scanLimit = MAX_SCANNED_ROWS, weight }: ScanList,
  inPage: Fragment,
  isBackward: boolean,
): Promise<{ scanLimit: number; last: string | undefined } | undefined> {
  if (!weight) return undefined;
  const order = isBackward ? sql`asc` : sql`desc`;
  const by = indexKey ? sql`${indexKey.column} ${order}, ${id} ${order}` : sql`${id} ${order}`;
  const one = indexKey
    ? sql`(values (${indexKey.values[0] ?? ""}::${indexKey.type}))`
    : sql`(values (1))`;
  // What is stored compressed shows its length when it has been unpacked: of those that are no more by a guess.
  const [found] = await sql<{ all: number; ids: string[] | null }[]>`
    select max(t.all)::int as all, array_agg(t.id order by t.id ${order}) filter (where t.before < ${MAX_SEARCHED_BYTES}) as ids
    from (
      select s.id, s.all, sum(l.length) over (order by s.id ${order}) - l.length as before
      from (
        select w.*, count(*) over () as all, sum(w.guess) over (order by w.id ${order}) - w.guess as before
        from ${one} as x(value) cross join lateral (
          select ${id} as id, ${weight.text} as text, ${weight.guess} as guess
          from ${from} where ${allOf(sql, [...within, inPage])} order by ${by} limit ${scanLimit}) w) s
      cross join lateral (select coalesce(octet_length(s.text::text), 0) as length offset 0) l
      where s.before < ${MAX_SEARCHED_BYTES}) t`;
  const { all, ids } = found ?? {};
  const count = ids?.length ?? 0;
  const hasMore = all !== undefined && (count < all || all === scanLimit);
  return { scanLimit: Math.max(1, count), last: hasMore ? ids?.at(-1) : undefined };
}

/**
 * A page of the rows that fit all conditions. Where some have to be sought, so many rows are looked through and no more:
 * the page may then hold fewer rows than asked for, or none, and tells where to go on.
 */
export async function boundedScanPage<Row extends { id: string }>(
  sql: Sql,
  asked: ScanList,
  request: PageRequest,
): Promise<Page<Row>> {
  const led = await preferSelectiveIndex(sql, asked);
  const inPage = isInPage(sql, led, request);
  const byWeight = await weighed(sql, led, inPage, request.backward);
  const list = { ...led, scanLimit: byWeight?.scanLimit ?? led.scanLimit };
  const { columns, from, name, within, indexKey, residualFilter, cheapFilter } = list;
  const hasResidual = residualFilter.length > 0;
  const wanted = request.limit + 1;
  const share = scanShare(indexKey?.values.length ?? 1, list.scanLimit);
  const inside = allOf(sql, [...within, inPage]);
  const rest = allOf(sql, [...residualFilter, ...cheapFilter]);
  const read = (order: Fragment) => {
    const rows = hasResidual
      ? sql`(select * from ${from} where ${inside} ${order} limit ${share}) ${name} where ${rest}`
      : sql`${from} where ${inside} and ${rest}`;
    return sql`select ${columns} from ${rows} ${order} limit ${wanted}`;
  };
  const rows = await sql<Row[]>`${inOrder(sql, list, request.backward, wanted, read)}`;
  const isOfSeveral = indexKey && indexKey.values.length > 1;
  if (!hasResidual || (rows.length === wanted && !isOfSeveral)) return toPage<Row>(rows, request);
  const last = byWeight ? byWeight.last : await lastScanned(sql, list, request);
  // Of several values those found behind the nearest end are left to the next page: others may lie between.
  const near =
    last === undefined || !isOfSeveral
      ? rows
      : rows.filter(({ id }) => (request.backward ? id <= last : id >= last));
  return toPage<Row>(near, request, last);
}
