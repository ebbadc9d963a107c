import { userError } from "../../util/userError.ts";

const DEFAULT_SIZE = 50;
const MAX_SIZE = 200;
const MAX_PAGE = 1_000_000;

type RestHookPage = { page: number; limit: number; offset: number };

function wholeNumber(query: URLSearchParams, name: string, usual: number, max: number): number {
  const text = query.get(name);
  if (text === null) return usual;
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max || query.getAll(name).length > 1)
    throw userError("INVALID", `'${name}' must be one whole number from 1 to ${max}`, [name]);
  return value;
}

/** The page that a list is asked for. Throws INVALID, also for a parameter that would do nothing. */
export function pageOf(query: URLSearchParams): RestHookPage {
  for (const name of query.keys()) {
    if (name !== "page" && name !== "pageSize")
      throw userError("INVALID", `'${name}' is unknown; known are page, pageSize`, [name]);
  }
  const page = wholeNumber(query, "page", 1, MAX_PAGE);
  const limit = wholeNumber(query, "pageSize", DEFAULT_SIZE, MAX_SIZE);
  return { page, limit, offset: (page - 1) * limit };
}

/** Where a page is in its list, as Actionstep tells it. */
export function pagingOf({ page, limit }: RestHookPage, recordCount: number) {
  const pageCount = Math.ceil(recordCount / limit);
  return {
    recordCount,
    pageCount,
    page,
    pageSize: limit,
    prevPage: page > 1 ? page - 1 : null,
    nextPage: page < pageCount ? page + 1 : null,
  };
}
