import { expect, test } from "vitest";
import { Overloaded } from "../../src/util/overloaded.ts";
import { createShares } from "../../src/util/shares.ts";

/** Takes one at a time until it is refused, and says how many that were. */
function takeAll(shares: ReturnType<typeof createShares>, holder: string): number {
  for (let count = 0; ; count++) {
    try {
      shares.take(holder);
    } catch (error) {
      expect(error).toBeInstanceOf(Overloaded);
      return count;
    }
  }
}

test("one holder alone has a half, and whoever comes next finds room", () => {
  const shares = createShares({ what: "places", total: 100 });
  expect(takeAll(shares, "a")).toBe(50);
  expect(takeAll(shares, "b")).toBe(25);
  shares.take("c");
  expect(() => shares.take("a")).toThrow(
    "Too many places: this project has 50, all together have 76 of 100",
  );
});

test("what one gave back others may have, whoever has more than its part waits for more", () => {
  const shares = createShares({ what: "places", total: 100 });
  const releases = Array.from({ length: 50 }, () => shares.take("a"));
  takeAll(shares, "b");
  expect(() => shares.take("a")).toThrow(Overloaded);
  for (const release of releases.slice(0, 30)) release();
  expect(shares.held("a")).toBe(20);
  expect(takeAll(shares, "b")).toBe(15);
  // Given back twice, it counts once.
  releases[0]?.();
  expect(shares.held("a")).toBe(20);
});

test("sizes count, and the last room goes to those that have nothing", () => {
  const shares = createShares({ what: "bytes", total: 10, each: 4 });
  shares.take("a", 4);
  expect(() => shares.take("a")).toThrow(Overloaded);
  shares.take("b", 4);
  shares.take("c", 2);
  expect(() => shares.take("d")).toThrow(Overloaded);
});

test("who waits has a turn after one of each other holder, and none when it stops waiting", async () => {
  const shares = createShares({ what: "readers", total: 3, each: 1, waiting: 3 });
  const first = shares.take("a");
  shares.take("b");
  const other = shares.take("c");
  const order: string[] = [];
  const stop = new AbortController();
  const wait = (holder: string, name: string, signal?: AbortSignal) =>
    shares.whenFree(holder, signal).then((release) => {
      order.push(name);
      return release;
    });
  const stopped = expect(wait("a", "a0", stop.signal)).rejects.toThrow("not any more");
  const waiting = [wait("a", "a1"), wait("a", "a2"), wait("d", "d1")];
  await expect(wait("a", "a3")).rejects.toThrow(Overloaded);
  stop.abort(new Error("not any more"));
  await stopped;
  first();
  other();
  const [one, , last] = waiting;
  await last;
  expect(order).toEqual(["a1", "d1"]);
  (await one)?.();
  await waiting[1];
  expect(order).toEqual(["a1", "d1", "a2"]);
});
