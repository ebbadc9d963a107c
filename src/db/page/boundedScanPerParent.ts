import type { Sql } from "../connection/client.ts";
import { GREATEST, LEAST, MAX_SCANNED_ROWS, type ScanList, scanShare } from "./boundedScan.ts";
import { allOf, type Fragment, type Page, type PageRequest, toPage } from "./page.ts";

/** Lists of the children of many parents, forwards only. */
type ChildList<Row> = Omit<ScanList, "indexKey" | "range"> & {
  parent: Fragment;
  of: (row: Row) => string | null;
  /** Whether an index has the rows of each parent in the order of their ids. */
  isOrdered: boolean;
};

/** A page for each parent in one statement, and a second statement with a residual filter. See `boundedScanPage`. */
export async function boundedScanPerParent<Row extends { id: string }>(
  sql: Sql,
  asked: ChildList<Row>,
  parentIds: readonly string[],
  request: PageRequest,
): Promise<Map<string, Page<Row>>> {
  const list = await preferSelectiveIndex(sql, asked, parentIds);
  const { columns, from, name, id, within, residualFilter, cheapFilter, isOrdered, parent, of } =
    list;
  const below = request.after ?? GREATEST;
  // As in `boundedScanPage`: bounds on the pair decide the index and its order.
  const ofParent = isOrdered
    ? sql`(${parent}, ${id}) >= (x.value, ${LEAST}) and (${parent}, ${id}) < (x.value, ${below})`
    : sql`${parent} >= x.value and ${parent} <= x.value and ${id} < ${below}`;
  const order = isOrdered ? sql`order by ${parent} desc, ${id} desc` : sql`order by ${id} desc`;
  const all = sql`${from} where ${allOf(sql, [...within, ofParent])}`;
  // `offset 0` keeps the planner from scanning the index of ids for children that have no index in this order. `order
  // by` makes it take the parent's index, even while statistics say that the table is empty.
  const inside = isOrdered
    ? all
    : sql`(select * from ${all} order by ${parent} offset 0) ${name} where true`;
  const share = scanShare(parentIds.length);
  const rest = allOf(sql, [...residualFilter, ...cheapFilter]);
  const found =
    residualFilter.length > 0
      ? sql`(select * from ${inside} ${order} limit ${share}) ${name} where ${rest}`
      : sql`${inside} and ${rest}`;
  const each = sql`unnest(${parentIds as string[]}::uuid[]) as x(value)`;
  const rows = await sql<Row[]>`
    select p.* from ${each} cross join lateral (
      select ${columns} from ${found} ${order} limit ${request.limit + 1}) p`;
  const lasts =
    residualFilter.length === 0
      ? []
      : await sql<{ value: string; id: string }[]>`
          select x.value, l.id from ${each} cross join lateral (
            select ${id} as id from ${inside} ${order} limit 1 offset ${share - 1}) l`;
  const lastOf = new Map(lasts.map((row) => [row.value, row.id]));
  const groups = Map.groupBy(rows, of);
  return new Map(
    parentIds.map((parentId) => [
      parentId,
      toPage<Row>(groups.get(parentId) ?? [], request, lastOf.get(parentId)),
    ]),
  );
}

/**
 * The lists read by their selective filter. If a parent has too many such rows, that filter joins the residual ones.
 */
async function preferSelectiveIndex<Row>(
  sql: Sql,
  list: ChildList<Row>,
  parentIds: readonly string[],
): Promise<ChildList<Row>> {
  const { selectiveFilter, from, name, within, parent } = list;
  if (!selectiveFilter) return list;
  const found = sql`${from} where ${allOf(sql, [...within, sql`${parent} = x.value`, selectiveFilter])}`;
  const [many] = await sql`
    select from unnest(${parentIds as string[]}::uuid[]) as x(value) cross join lateral (
      select from ${found} limit 1 offset ${MAX_SCANNED_ROWS}) l limit 1`;
  if (many) return { ...list, residualFilter: [...list.residualFilter, selectiveFilter] };
  return { ...list, from: sql`(select * from ${found} offset 0) ${name}`, isOrdered: false };
}
