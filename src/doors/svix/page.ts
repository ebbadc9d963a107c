import { z } from "zod";
import type { Page, PageRequest } from "../../db/page/page.ts";
import type { DoorRequest } from "../../http/door/door.ts";
import { isId } from "../../util/ids.ts";
import { parseQuery } from "./input.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 250;

type Order = "ascending" | "descending";

const isIterator = (text: string) => isId(text.replace(/^-/, "").replace(/:\d{1,5}$/, ""));
const iterator = z.string().refine(isIterator, "must be the iterator or prevIterator of a page");

const pageQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .refine((limit) => limit >= 1, "must be at least 1")
    .transform((limit) => Math.min(limit, MAX_LIMIT))
    .optional(),
  iterator: z.string().optional(),
  order: z.enum(["ascending", "descending"], "must be ascending or descending").optional(),
});

/** Where a page begins: after `iterator`, or before it when it begins with "-". */
export type Paging = { limit: number; order: Order; from: string | undefined; isPrevious: boolean };

/** The paging of a list by name, where a name may be an iterator. */
export function pagingByName(request: Pick<DoorRequest, "query">, usual: Order): Paging {
  const given = parseQuery(request, pageQuery);
  const isPrevious = given.iterator?.startsWith("-") ?? false;
  return {
    limit: given.limit ?? DEFAULT_LIMIT,
    order: given.order ?? usual,
    from: isPrevious ? given.iterator?.slice(1) : given.iterator,
    isPrevious,
  };
}

/** The paging of a list by id. Throws INVALID for an iterator that no list has given. */
export function pagingOf(request: Pick<DoorRequest, "query">, usual: Order): Paging {
  parseQuery(request, z.object({ iterator: iterator.optional() }));
  return pagingByName(request, usual);
}

/** The same page of a list that is newest first. */
export function toPageRequest({ limit, order, from, isPrevious }: Paging): PageRequest {
  const backward = (order === "ascending") !== isPrevious;
  return {
    limit,
    backward,
    after: backward ? undefined : from,
    before: backward ? from : undefined,
  };
}

/** A list as Svix answers it. `idOf`: what a next page may begin after. */
export const listOf = <Item>(
  items: readonly Item[],
  ids: { first: string | undefined; last: string | undefined },
  done: boolean,
) => ({
  data: items,
  iterator: ids.last ?? null,
  prevIterator: ids.first === undefined ? null : `-${ids.first}`,
  done,
});

/** A page of a list that is newest first, as Svix answers it. */
export function toList<Row extends { id: string }, Item>(
  paging: Paging,
  page: Page<Row>,
  show: (row: Row) => Item,
) {
  const isAscending = paging.order === "ascending";
  const rows = isAscending ? page.rows.toReversed() : page.rows;
  const [newest, oldest] = [page.start ?? page.rows[0]?.id, page.end ?? page.rows.at(-1)?.id];
  const { backward } = toPageRequest(paging);
  return listOf(
    rows.map(show),
    isAscending ? { first: oldest, last: newest } : { first: newest, last: oldest },
    !(backward ? page.hasPrevious : page.hasNext),
  );
}
