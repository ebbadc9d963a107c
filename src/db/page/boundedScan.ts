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
const LEAST_LOOKED_AT = 200;
/** How many rows each of so many lists may look through. */
export const scanShare = (lists: number, most = MAX_SCANNED_ROWS) =>
  lists === 1 ? most : Math.max(LEAST_LOOKED_AT, Math.floor(most / lists));
/** What the rows of a page that is sought in their texts hold together: more takes PostgreSQL seconds. */
const MOST_BYTES = 4 * 1024 * 1024;

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
  lead?: IndexKey | undefined;
  /** An index has the rows that fit this, in any order; usually they are few. */
  few?: Fragment | undefined;
  /** Rows are looked through for those that fit these, however few they may be. */
  sought: Fragment[];
  /** How many are looked through for a page at most, when not as many as usual. */
  most?: number | undefined;
  /**
   * What is looked through of a row when that may be much, and a guess of its length that takes no reading of it. Such a
   * list has one leading value at most.
   */
  weight?: { text: Fragment; guess: Fragment } | undefined;
  /** Nearly all rows fit these, if they fit the others. */
  shown: Fragment[];
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
function lies(sql: Sql, list: ScanList, request: PageRequest): Fragment {
  const { id, lead } = list;
  const { isAbove, first, last } = boundsOf(list, request);
  const over = isAbove ? sql`>` : sql`>=`;
  if (!lead) return sql`${id} ${over} ${first} and ${id} < ${last}`;
  const { column } = lead;
  return sql`${column} is not null and (${column}, ${id}) ${over} (x.value, ${first})
    and (${column}, ${id}) < (x.value, ${last})`;
}

/** What `read` reads in an order, at most so many rows of it: for each value of an index, or once. */
function inOrder(
  sql: Sql,
  { lead, id }: ScanList,
  isBackward: boolean,
  most: number,
  read: (order: Fragment) => Fragment,
): Fragment {
  const order = isBackward ? sql`asc` : sql`desc`;
  if (!lead) return read(sql`order by ${id} ${order}`);
  const each = read(sql`order by ${lead.column} ${order}, ${id} ${order}`);
  return sql`
    select p.* from unnest(${lead.values}::${lead.type}[]) as x(value) cross join lateral (${each}) p
    order by p.id ${order} limit ${most}`;
}

/** The last row that is looked at: of the values' last ones the nearest; undefined when there are no more. */
async function lastLookedAt(
  sql: Sql,
  list: ScanList,
  request: PageRequest,
): Promise<string | undefined> {
  const { from, id, within, lead } = list;
  const conditions = allOf(sql, [...within, lies(sql, list, request)]);
  const share = scanShare(lead?.values.length ?? 1, list.most);
  const read = (order: Fragment) =>
    sql`select ${id} as id from ${from} where ${conditions} ${order} limit 1 offset ${share - 1}`;
  const [last] = await sql<{ id: string }[]>`${inOrder(sql, list, request.backward, 1, read)}`;
  return last?.id;
}

/** The list led by its few rows, all of which are then sorted; or, when they are many, with them sought like others. */
async function preferSelectiveIndex(sql: Sql, list: ScanList): Promise<ScanList> {
  const { few, from, within, lead, sought } = list;
  if (!few) return list;
  const found = sql`${from} where ${allOf(sql, [...within, few])}`;
  const [many] = await sql`select from ${found} limit 1 offset ${MAX_SCANNED_ROWS}`;
  if (many) return { ...list, sought: [...sought, few] };
  const isOne = lead ? [sql`${lead.column} = any(${lead.values}::${lead.type}[])`] : [];
  // Without `offset` a plan would take its chance with everybody's rows.
  const rows = sql`(select * from ${found} offset 0) ${list.name}`;
  const rest = [...isOne, ...sought];
  const where = list.weight ? { sought: rest } : { sought: [], shown: [...list.shown, ...rest] };
  return { ...list, from: rows, lead: undefined, ...where };
}

/** How many of the rows that lie next may be looked at, when their texts are: one at least. And the last of them. */
async function weighed(
  sql: Sql,
  { from, id, within, lead, most = MAX_SCANNED_ROWS, weight }: ScanList,
  lying: Fragment,
  isBackward: boolean,
): Promise<{ most: number; last: string | undefined } | undefined> {
  if (!weight) return undefined;
  const order = isBackward ? sql`asc` : sql`desc`;
  const by = lead ? sql`${lead.column} ${order}, ${id} ${order}` : sql`${id} ${order}`;
  const one = lead ? sql`(values (${lead.values[0] ?? ""}::${lead.type}))` : sql`(values (1))`;
  // What is stored compressed shows its length when it has been unpacked: of those that are no more by a guess.
  const [found] = await sql<{ all: number; ids: string[] | null }[]>`
    select max(t.all)::int as all, array_agg(t.id order by t.id ${order}) filter (where t.before < ${MOST_BYTES}) as ids
    from (
      select s.id, s.all, sum(l.length) over (order by s.id ${order}) - l.length as before
      from (
        select w.*, count(*) over () as all, sum(w.guess) over (order by w.id ${order}) - w.guess as before
        from ${one} as x(value) cross join lateral (
          select ${id} as id, ${weight.text} as text, ${weight.guess} as guess
          from ${from} where ${allOf(sql, [...within, lying])} order by ${by} limit ${most}) w) s
      cross join lateral (select coalesce(octet_length(s.text::text), 0) as length offset 0) l
      where s.before < ${MOST_BYTES}) t`;
  const { all, ids } = found ?? {};
  const count = ids?.length ?? 0;
  const hasMore = all !== undefined && (count < all || all === most);
  return { most: Math.max(1, count), last: hasMore ? ids?.at(-1) : undefined };
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
  const lying = lies(sql, led, request);
  const byWeight = await weighed(sql, led, lying, request.backward);
  const list = { ...led, most: byWeight?.most ?? led.most };
  const { columns, from, name, within, lead, sought, shown } = list;
  const isSought = sought.length > 0;
  const most = request.limit + 1;
  const share = scanShare(lead?.values.length ?? 1, list.most);
  const inside = allOf(sql, [...within, lying]);
  const rest = allOf(sql, [...sought, ...shown]);
  const read = (order: Fragment) => {
    const rows = isSought
      ? sql`(select * from ${from} where ${inside} ${order} limit ${share}) ${name} where ${rest}`
      : sql`${from} where ${inside} and ${rest}`;
    return sql`select ${columns} from ${rows} ${order} limit ${most}`;
  };
  const rows = await sql<Row[]>`${inOrder(sql, list, request.backward, most, read)}`;
  const isOfSeveral = lead && lead.values.length > 1;
  if (!isSought || (rows.length === most && !isOfSeveral)) return toPage<Row>(rows, request);
  const last = byWeight ? byWeight.last : await lastLookedAt(sql, list, request);
  // Of several values those found behind the nearest end are left to the next page: others may lie between.
  const near =
    last === undefined || !isOfSeveral
      ? rows
      : rows.filter(({ id }) => (request.backward ? id <= last : id >= last));
  return toPage<Row>(near, request, last);
}
