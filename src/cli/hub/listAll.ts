import { callHub, type HubPlace } from "./callHub.ts";

type Page<Row> = { nodes: Row[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };

/** The hub's largest page. */
const PAGE = 100;

/**
 * The first `limit` rows of a list, page by page. `document` takes $first and $after, and answers the page as `page`,
 * itself or in its field `parent`. A page may hold fewer rows than asked for while more follow. It ends earlier when
 * `isEnough` of those that have been read.
 */
export async function listAll<Row>(
  hub: HubPlace,
  document: string,
  variables: Record<string, unknown>,
  {
    limit = Number.POSITIVE_INFINITY,
    parent,
    isEnough = () => false,
  }: {
    limit?: number | undefined;
    parent?: string;
    isEnough?: (rows: Row[]) => boolean;
  } = {},
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after: string | null = null; ; ) {
    const first = Math.min(PAGE, limit - rows.length);
    const answer: Record<string, unknown> = await callHub(hub, document, {
      ...variables,
      first,
      after,
    });
    const { page } = (parent === undefined ? answer : answer[parent]) as { page: Page<Row> };
    rows.push(...page.nodes);
    after = page.pageInfo.endCursor;
    if (rows.length >= limit || isEnough(rows) || !page.pageInfo.hasNextPage) return rows;
  }
}

/** The part of a document that asks for the next page. */
export const pageInfo = "pageInfo { hasNextPage endCursor }";
