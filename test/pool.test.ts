import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import "../src/db/postgres.ts";
import { emptyDatabase } from "./fixtures/database.ts";

type Queue = { push(item: object): void; shift(): object; remove(item: object): void };

/** The library's own, as it was mended when it was loaded: no door leads to it. */
const { default: createQueue } = (await import(
  new URL("../node_modules/postgres/src/queue.js", import.meta.url).href
)) as { default: () => Queue };

/** How many places of a queue are looked through for something that is not in it. */
function searched(queue: Queue): number {
  const { indexOf } = Array.prototype;
  let places = -1;
  Array.prototype.indexOf = function (...wanted) {
    places = this.length;
    return indexOf.apply(this, wanted);
  };
  try {
    queue.remove({});
  } finally {
    Array.prototype.indexOf = indexOf;
  }
  return places;
}

test("a pool that always has connections to spare keeps nothing of the queries it has run", () => {
  const open = createQueue();
  const connections = [{ number: 1 }, { number: 2 }, { number: 3 }];
  for (const connection of connections) open.push(connection);
  expect(searched(open)).toBe(3);
  // A query takes the first connection and puts it back behind the others.
  for (let query = 0; query < 10_000; query++) open.push(open.shift());
  expect(searched(open)).toBeLessThan(100);
  expect(open.shift()).toBe(connections[10_000 % 3]);
});

test("what a query has given back is free as soon as its reader has read it", async () => {
  await using database = await emptyDatabase();
  const program = `
    import { openDb } from "${new URL("../src/db/client.ts", import.meta.url)}";
    await using db = openDb("${database.url}");
    for (let query = 0; query < 4_000; query++) await db.sql\`select repeat('x', 3000) as text, \${query}::int as query\`;`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--max-semi-space-size=1",
    "--trace-gc",
    "--trace-gc-nvp",
    "--input-type=module",
    "--eval",
    program,
  ]);
  // What survives two collections of the young generation stays until the old one is collected.
  const sum = (name: string) =>
    [...stdout.matchAll(new RegExp(` gc=s .* ${name}=(\\d+) `, "g"))].reduce(
      (all, [, bytes]) => all + Number(bytes),
      0,
    );
  expect(sum("allocated")).toBeGreaterThan(20_000_000);
  expect(sum("promoted") / sum("allocated")).toBeLessThan(0.15);
});
