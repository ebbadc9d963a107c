import type { ObjectRef } from "@pothos/core";
import type { Page, PageRequest } from "../../db/page/page.ts";
import { isId } from "../../util/ids.ts";
import { builder } from "../builder/builder.ts";
import { requestError } from "../gate/requestError.ts";

export const DEFAULT_PAGE = 20;
export const MAX_PAGE = 100;

type Args = {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
};
type Edge<Row> = { cursor: string; node: Row };
type PageInfoShape = {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
};
export type Connection<Row> = { edges: Edge<Row>[]; pageInfo: PageInfoShape };

const encodeCursor = (key: string) => Buffer.from(`c:${key}`).toString("base64url");

function decodeCursor(cursor: string, name: "after" | "before"): string {
  const text = Buffer.from(cursor, "base64url").toString();
  const key = text.slice(2);
  if (!text.startsWith("c:") || !isId(key)) {
    throw requestError("BAD_REQUEST", `${name} is not a cursor of this list.`);
  }
  return key;
}

function pageSize(value: number | null | undefined, name: "first" | "last"): number | undefined {
  if (value === null || value === undefined) return undefined;
  if (value < 0) throw requestError("BAD_REQUEST", `${name} may not be negative, got ${value}.`);
  if (value > MAX_PAGE) {
    throw requestError("LIMIT_EXCEEDED", `${name} may be at most ${MAX_PAGE}, got ${value}.`);
  }
  return value;
}

/**
 * Parses first/after/last/before. A cursor encodes the row's UUID. Throws BAD_REQUEST or
 * LIMIT_EXCEEDED.
 */
export function pageRequest(args: Args): PageRequest {
  const first = pageSize(args.first, "first");
  const last = pageSize(args.last, "last");
  if (first !== undefined && last !== undefined) {
    throw requestError("BAD_REQUEST", "Ask for first or for last, not for both.");
  }
  const { after, before } = args;
  return {
    limit: last ?? first ?? DEFAULT_PAGE,
    backward: last !== undefined,
    after: typeof after === "string" ? decodeCursor(after, "after") : undefined,
    before: typeof before === "string" ? decodeCursor(before, "before") : undefined,
  };
}

/** Converts a page of rows to a Relay connection. */
export function toConnection<Row extends { id: string }>(page: Page<Row>): Connection<Row> {
  const edges = page.rows.map((node) => ({ cursor: encodeCursor(node.id), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNext,
      hasPreviousPage: page.hasPrevious,
      startCursor: page.start ? encodeCursor(page.start) : (edges.at(0)?.cursor ?? null),
      endCursor: page.end ? encodeCursor(page.end) : (edges.at(-1)?.cursor ?? null),
    },
  };
}

const PageInfo = builder.objectRef<PageInfoShape>("PageInfo").implement({
  description: "The position of a page in its list.",
  fields: (t) => ({
    hasNextPage: t.exposeBoolean("hasNextPage", {
      description:
        "Whether more rows follow or may follow. A filter without an index examines at most 3,500 rows and 4 MiB per page, so a page may hold fewer rows than asked for, or none; continue with `endCursor`.",
    }),
    hasPreviousPage: t.exposeBoolean("hasPreviousPage", {
      description: "Whether rows precede this page or may precede it; compare `hasNextPage`.",
    }),
    startCursor: t.exposeString("startCursor", {
      nullable: true,
      description:
        "Pass it as `before` to get the previous page. Null if the page is empty and none can precede it.",
    }),
    endCursor: t.exposeString("endCursor", {
      nullable: true,
      description:
        "Pass it as `after` to get the next page. Null if the page is empty and none can follow it.",
    }),
  }),
});

/** Declares `<name>Connection` and `<name>Edge` for an object type. */
export function connectionType<Row extends object>(
  name: string,
  ref: ObjectRef<typeof builder.$inferSchemaTypes, Row>,
) {
  const EdgeRef = builder.objectRef<Edge<Row>>(`${name}Edge`).implement({
    description: `One ${name} and its cursor.`,
    fields: (t) => ({
      cursor: t.exposeString("cursor", {
        description: "The row's cursor, for `after` or `before`.",
      }),
      node: t.field({
        type: ref,
        description: "The row.",
        // TypeScript cannot infer that the generic Row is not a list.
        resolve: (edge) => edge.node as never,
      }),
    }),
  });
  return builder.objectRef<Connection<Row>>(`${name}Connection`).implement({
    description: `A page of objects of type ${name}.`,
    fields: (t) => ({
      edges: t.field({
        type: [EdgeRef],
        description: "The rows with their cursors.",
        resolve: (connection) => connection.edges,
      }),
      nodes: t.field({
        type: [ref],
        description: "The rows without cursors.",
        resolve: (connection) => connection.edges.map((edge) => edge.node),
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: "The position of this page in the list.",
        resolve: (connection) => connection.pageInfo,
      }),
    }),
  });
}
