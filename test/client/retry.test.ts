import { expect, test } from "vitest";
import { waitMs } from "../../src/client/retry.ts";

test("a wait that the hub asks for is kept, and is never none and never longer than a timer can be", () => {
  for (const asked of [null, 0, 1, 1_000, 3_600_000, 2 ** 31, Number.POSITIVE_INFINITY])
    for (const failures of [1, 2, 10, 2_000]) {
      const wait = waitMs(failures, asked);
      expect(wait).toBeGreaterThanOrEqual(Math.max(100, Math.min(asked ?? 0, 3_600_000)));
      expect(wait).toBeLessThan(2 ** 31);
    }
});

test("after each failure the wait is longer, up to ten seconds", () => {
  expect(waitMs(1, 0)).toBeLessThanOrEqual(200);
  expect(waitMs(5, 0)).toBeGreaterThanOrEqual(1_600);
  expect(waitMs(50, null)).toBeLessThanOrEqual(10_000);
});
