import type { Sql } from "../connection/client.ts";
import { minUuid7At } from "./minUuid7.ts";
import { allOf, type Fragment, type Page, type PageRequest, toPage } from "./page.ts";

/**
 * Rows scanned for one page at most. Each costs some microseconds, more if its text is searched, so a page takes about
 * 40 ms at worst, however many rows there are.
 */
export const MAX_SCANNED_ROWS = 3_500;
/** The same for rows that lie far apart: each may be a page read from disk. */
export const MAX_RANDOM_READS = 400;
/** The same for rows beside which others are looked up that lie close together: some 20 microseconds each. */
export const MAX_NEAR_READS = 2_000;
/** The minimum for each of many lists in one statement. */
const MIN_SCANNED_ROWS = 200;
/** How many rows each of `lists` lists may scan. */
export const scanShare = (lists: number, limit = MAX_SCANNED_ROWS) =>
  lists === 1 ? limit : Math.max(MIN_SCANNED_ROWS, Math.floor(limit / lists));
/** Bytes of text searched for one page at most: more takes PostgreSQL seconds. */
const MAX_SEARCHED_BYTES = 4 * 1024 * 1024;

/** A list: what it is read from, and its conditions. */
export type ScanList = {
  columns: Fragment;
  from: Fragment;
  /** The table's alias in `from`. */
  name: Fragment;
  id: Fragment;
  /** Every scanned row meets these conditions. */
  within: Fragment[];
  /** An index has the rows of each of these values in the order of their ids. */
  indexKey?: IndexKey | undefined;
  /** An index finds the rows that meet this, in any order. Usually they are few. */
  selectiveFilter?: Fragment | undefined;
  /** Rows are scanned for those that meet these, however few they are. */
  residualFilter: Fragment[];
  /** The most rows scanned for a page, if not the usual number. */
  scanLimit?: number | undefined;
  /**
   * The searched text of a row if it may be long, and an estimate of its length that does not read it. Such a list has
   * at most one value in `indexKey`.
   */
  weight?: { text: Fragment; guess: Fragment } | undefined;
  /** Nearly all rows that meet the other conditions meet these, too. */
  cheapFilter: Fragment[];
  /** Bounds of the ids: from `from` on, before `to`. */
  range?: { from?: string | undefined; to?: string | undefined } | undefined;
};
export type IndexKey = { column: Fragment; type: Fragment; values: string[] };

/** Ids before and after all others. */
export const LEAST = minUuid7At(0);
export const GREATEST = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** The bounds of a page: above `first`, or from it on, and below `last`. */
function boundsOf({ range }: ScanList, { after, before }: PageRequest) {
  const from = range?.from ?? LEAST;
  const to = range?.to ?? GREATEST;
  const isAbove = before !== undefined && before >= from;
  return { isAbove, first: isAbove ? before : from, last: after && after < to ? after : to };
}

/**
 * The condition that a row lies within a page. Compare (value, id) as a row: then PostgreSQL has to read the index of
 * both in its order. With the value alone it may choose the index of ids and scan every tenant's rows, if the value is
 * common.
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

/** Runs `read` in the list's order for each value of the index, or once, and keeps `limit` rows. */
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

/**
 * The last row that was scanned; with several values the nearest of their last rows. Undefined if there are no more.
 */
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

/**
 * The list read by its selective filter, whose rows are then sorted. If they are too many, that filter joins the
 * residual ones.
 */
async function preferSelectiveIndex(sql: Sql, list: ScanList): Promise<ScanList> {
  const { selectiveFilter, from, within, indexKey, residualFilter } = list;
  if (!selectiveFilter) return list;
  const found = sql`${from} where ${allOf(sql, [...within, selectiveFilter])}`;
  const [many] = await sql`select from ${found} limit 1 offset ${MAX_SCANNED_ROWS}`;
  if (many) return { ...list, residualFilter: [...residualFilter, selectiveFilter] };
  const isOne = indexKey
    ? [sql`${indexKey.column} = any(${indexKey.values}::${indexKey.type}[])`]
    : [];
  // `offset 0` keeps the planner from scanning the index of ids instead.
  const rows = sql`(select * from ${found} offset 0) ${list.name}`;
  const rest = [...isOne, ...residualFilter];
  const where = list.weight
    ? { residualFilter: rest }
    : { residualFilter: [], cheapFilter: [...list.cheapFilter, ...rest] };
  return { ...list, from: rows, indexKey: undefined, ...where };
}

/** How many of the next rows may be searched, by the length of their texts (at least one), and the last of them. */
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
  // The length of a compressed text is only known once it is decompressed. So rows are first limited by the estimate.
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
 * A page of the rows that meet all conditions. With a residual filter a limited number of rows is scanned: the page may
 * then hold fewer rows than asked for, or none, and says where to go on.
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
  // With several values, rows beyond the nearest end are left to the next page: other rows may lie between.
  const near =
    last === undefined || !isOfSeveral
      ? rows
      : rows.filter(({ id }) => (request.backward ? id <= last : id >= last));
  return toPage<Row>(near, request, last);
}
