import { throttled } from "./throttle.ts";

/** Rows deleted at a time: a long DELETE would delay deliveries. */
const CHUNK = 500;
/** Rows found per query. Each such query scans everything, so it does not run once per chunk. */
const FOUND = 50_000;

/** Finds rows and deletes them in chunks, until none is left. */
export async function removeInChunks<Key>(
  find: (limit: number) => PromiseLike<Key[]>,
  remove: (keys: Key[]) => PromiseLike<unknown>,
): Promise<void> {
  let found: Key[];
  do {
    found = [...(await find(FOUND))];
    for (let at = 0; at < found.length; at += CHUNK)
      await throttled(() => remove(found.slice(at, at + CHUNK)));
  } while (found.length === FOUND);
}
