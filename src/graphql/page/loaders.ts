import { contextCacheSymbol } from "@pothos/core";
import DataLoader from "dataloader";
import type { Sql } from "../../db/connection/client.ts";
import { isId } from "../../util/ids.ts";
import type { Context } from "../builder/context.ts";

const loaders = new WeakMap<object, Map<string, DataLoader<string, unknown>>>();

/**
 * Returns the loader with this name for the current operation or subscription item. `load` receives
 * all keys that were requested in one turn of the event loop. Loaders are cached with the context,
 * so no item sees stale rows.
 */
export function batched<Value>(
  context: Context,
  name: string,
  load: (keys: readonly string[]) => Promise<Map<string, Value>>,
): DataLoader<string, Value | undefined> {
  const scope = context[contextCacheSymbol];
  const known = loaders.get(scope) ?? new Map<string, DataLoader<string, unknown>>();
  loaders.set(scope, known);
  const found = known.get(name);
  if (found) return found as DataLoader<string, Value | undefined>;
  const made = new DataLoader<string, Value | undefined>(async (keys) => {
    const values = await load(keys);
    return keys.map((key) => values.get(key));
  });
  known.set(name, made as DataLoader<string, unknown>);
  return made;
}

/** Loads a row of the caller's project by its id, with others of its kind by one statement. */
export const rowLoader =
  <Row extends { id: string }>(
    name: string,
    rowsById: (sql: Sql, projectId: string, ids: readonly string[]) => PromiseLike<readonly Row[]>,
  ) =>
  async (context: Context, id: string): Promise<Row | undefined> => {
    if (!isId(id)) return undefined;
    const { caller, read } = context;
    const loader = batched(context, name, async (ids) =>
      byId(await read((sql) => rowsById(sql, caller.projectId, ids))),
    );
    return loader.load(id.toLowerCase());
  };

/** Rows by their ids. */
export const byId = <Row extends { id: string }>(rows: readonly Row[]): Map<string, Row> =>
  new Map(rows.map((row) => [row.id, row]));
