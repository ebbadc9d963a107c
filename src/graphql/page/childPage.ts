import type { Page, PageRequest } from "../../db/page/page.ts";
import type { Context } from "../builder/context.ts";
import { type Connection, pageRequest, toConnection } from "./connection.ts";
import { batched } from "./loaders.ts";

/** Loads a page of a parent's children. One statement reads the pages of all parents in a list. */
export async function childPage<Row extends { id: string }>(
  context: Context,
  name: string,
  parent: string,
  args: Parameters<typeof pageRequest>[0],
  load: (parents: readonly string[], request: PageRequest) => Promise<Map<string, Page<Row>>>,
): Promise<Connection<Row>> {
  const request = pageRequest(args);
  const loader = batched(context, `${name} ${JSON.stringify(args)}`, (parents) =>
    load(parents, request),
  );
  return toConnection(
    (await loader.load(parent)) ?? { rows: [], hasNext: false, hasPrevious: false },
  );
}
