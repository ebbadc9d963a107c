import { expect, test } from "vitest";
import { type BatcherOptions, createBatcher } from "../src/util/batcher.ts";

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
