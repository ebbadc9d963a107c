import { expect, test } from "vitest";
import "../src/db/postgres.ts";

type Queue = { push(item: object): void; shift(): object; remove(item: object): void };

/** The library's own, as it was mended when it was loaded: no door leads to it. */
const { default: createQueue } = (await import(
  new URL("../node_modules/postgres/src/queue.js", import.meta.url).href
)) as { default: () => Queue };

test("a pool that always has connections to spare keeps nothing of the queries it has run", () => {
  const open = createQueue();
  const connections = [{ number: 1 }, { number: 2 }, { number: 3 }];
  for (const connection of connections) open.push(connection);
  const before = process.memoryUsage().heapUsed;
  // A query takes the first connection and puts it back behind the others.
  for (let query = 0; query < 5_000_000; query++) open.push(open.shift());
  // 8 bytes each would be 40 MB, and each query would search them all.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20e6);
  const next = connections[5_000_000 % 3];
  expect(open.shift()).toBe(next);
});
