import { z } from "zod";
import type { Page } from "../../db/page/page.ts";
import { pageRequest, toConnection } from "../../graphql/page/connection.ts";
import { userError } from "../../util/userError.ts";

export const texts = z.array(z.string().max(200, "must have at most 200 characters")).max(100);
export const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.array(z.enum(values)).max(100);

/** As GraphQL's DeliveryStatus. */
export const deliveryStatus = z.enum([
  "PENDING",
  "RETRYING",
  "SUCCEEDED",
  "FAILED",
  "GONE",
  "CANCELLED",
  "PARKED",
  "QUARANTINED",
]);

const pageSize = z.int().min(0).max(100);
/** Of every list. */
export const pageQuery = {
  limit: pageSize.optional(),
  first: pageSize.optional(),
  after: z.string().optional(),
};

/** The page that a list is asked for. */
export function pageOf(query: {
  limit?: number | undefined;
  first?: number | undefined;
  after?: string | undefined;
}) {
  if (query.limit !== undefined && query.first !== undefined)
    throw userError("INVALID", "field 'first' is another name of 'limit': give one", ["first"]);
  return pageRequest({ first: query.limit ?? query.first, after: query.after });
}

/** A page of a list as it is answered. */
export async function pageBody<Row extends { id: string }>(
  page: Page<Row>,
  show: (rows: Row[]) => object[] | Promise<object[]>,
) {
  const { edges, pageInfo } = toConnection(page);
  const items = await show(edges.map(({ node }) => node));
  return { items, cursor: pageInfo.hasNextPage ? pageInfo.endCursor : null };
}
