import { expect, test } from "vitest";
import { type BatcherOptions, createBatcher } from "../../src/util/batcher.ts";

/** A batcher that notes its batches, and when each began. */
function noting(options: Partial<BatcherOptions<number>>) {
  const batches: number[][] = [];
  const begunAt: number[] = [];
  const { add } = createBatcher<number, number>(
    async (items) => {
      begunAt.push(performance.now());
      batches.push(items);
      return items.map((value) => ({ status: "fulfilled", value }));
    },
    { maxSize: 3, parallel: 2, ...options },
  );
  return { add, batches, begunAt };
}

test("what is asked in one moment is one batch, up to its size", async () => {
  const { add, batches } = noting({});
  expect(await Promise.all([1, 2, 3, 4].map(add))).toEqual([1, 2, 3, 4]);
  expect(batches).toEqual([[1, 2, 3], [4]]);
});

test("one that gathers lets what comes soon after a batch wait for the next, and nothing that comes alone", async () => {
  const { add, batches, begunAt } = noting({ gatherMs: 200 });
  await add(1);
  const second = add(2);
  await new Promise(setImmediate);
  await Promise.all([second, add(3)]);
  expect(batches).toEqual([[1], [2, 3]]);
  const [first = 0, next = 0] = begunAt;
  // A timer may fire within the millisecond before its time.
  expect(next - first).toBeGreaterThanOrEqual(199);
});

test("a full batch does not wait for anything to gather", async () => {
  const { add, batches } = noting({ gatherMs: 3_600_000 });
  await add(1);
  expect(await Promise.all([2, 3, 4].map(add))).toEqual([2, 3, 4]);
  expect(batches).toEqual([[1], [2, 3, 4]]);
});

/** A batcher of names, each by its first letter's holder, whose batches end when they are told to. */
function heldBatches(options: Partial<BatcherOptions<string>>) {
  const begun: string[][] = [];
  const ends: (() => void)[] = [];
  const { add } = createBatcher<string, string>(
    async (items) => {
      begun.push(items);
      const over = Promise.withResolvers<void>();
      ends.push(over.resolve);
      await over.promise;
      return items.map((value) => ({ status: "fulfilled", value }));
    },
    { maxSize: 2, parallel: 4, holderOf: (item) => item.slice(0, 1), ...options },
  );
  /** Ends the batch that began as the first, second, … and has the next ones begin. */
  const end = async (index: number) => {
    ends[index]?.();
    await new Promise(setImmediate);
  };
  return { begun, end, addAll: (items: string[]) => items.map((item) => add(item)) };
}

test("by holder, each batch is of one, and of none are more written at once than it may have", async () => {
  const { begun, end, addAll } = heldBatches({ perHolder: 1 });
  const added = addAll(["a1", "a2", "a3", "b1", "a4", "b2", "b3"]);
  await new Promise(setImmediate);
  expect(begun).toEqual([
    ["a1", "a2"],
    ["b1", "b2"],
  ]);
  await end(1);
  expect(begun.slice(2)).toEqual([["b3"]]);
  await end(0);
  expect(begun.slice(3)).toEqual([["a3", "a4"]]);
  await Promise.all([end(2), end(3)]);
  expect(await Promise.all(added)).toEqual(["a1", "a2", "a3", "b1", "a4", "b2", "b3"]);
});

test("by holder, all together have no more batches than may be written at once", async () => {
  const { begun, end, addAll } = heldBatches({ perHolder: 2, parallel: 3, maxSize: 1 });
  const added = addAll(["a1", "a2", "a3", "b1", "c1"]);
  await new Promise(setImmediate);
  expect(begun.flat().sort()).toEqual(["a1", "b1", "c1"]);
  await end(0);
  expect(begun).toHaveLength(4);
  for (let index = 1; index < 5; index++) await end(index);
  expect(await Promise.all(added)).toEqual(["a1", "a2", "a3", "b1", "c1"]);
});
