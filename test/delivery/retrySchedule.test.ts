import { describe, expect, test } from "vitest";
import { nextDelayMs } from "../../src/domain/delivery/retrySchedule.ts";

const middle = { statusCode: 500, random: () => 0.5 };
const hourMs = 3_600_000;

describe("the retry schedule", () => {
  test("is 5 s, 15 s, 45 s and so on, up to an hour", () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 400].map((attempt) =>
      nextDelayMs({ ...middle, attempt }),
    );
    const seconds = [5, 15, 45, 135, 405, 1215, 3600, 3600, 3600];
    expect(delays).toEqual(seconds.map((s) => s * 1000));
  });

  test("follows a given one, whose last value repeats", () => {
    const scheduleMs = [100, 2000];
    const delays = [1, 2, 3, 9].map((attempt) => nextDelayMs({ ...middle, attempt, scheduleMs }));
    expect(delays).toEqual([100, 2000, 2000, 2000]);
    expect(nextDelayMs({ ...middle, attempt: 1, scheduleMs: [] })).toBe(5000);
    expect(nextDelayMs({ ...middle, attempt: 1, scheduleMs: null })).toBe(5000);
  });

  test("is spread by 20 % to both sides, a given one too", () => {
    const ends = [() => 0, () => 1];
    const at = (scheduleMs: number[] | null) =>
      ends.map((random) => nextDelayMs({ attempt: 1, statusCode: null, scheduleMs, random }));
    expect(at(null)).toEqual([4000, 6000]);
    expect(at([1000])).toEqual([800, 1200]);
    const random = Array.from({ length: 1000 }, () => nextDelayMs({ attempt: 1, statusCode: 500 }));
    expect(Math.min(...random)).toBeGreaterThanOrEqual(4000);
    expect(Math.max(...random)).toBeLessThanOrEqual(6000);
    expect(new Set(random).size).toBeGreaterThan(100);
  });

  const delayFor = (retryAfter: string, statusCode = 429) =>
    nextDelayMs({ ...middle, attempt: 1, statusCode, retryAfter });

  test("waits as long as a 429 or 503 asks for, up to an hour", () => {
    expect(delayFor("60")).toBe(60_000);
    expect(delayFor("60", 503)).toBe(60_000);
    expect(delayFor("7200")).toBe(hourMs);
    expect(delayFor("99999999999999999999")).toBe(hourMs);
    expect(delayFor("9".repeat(400))).toBe(hourMs);
    const soon = delayFor(new Date(Date.now() + 60_000).toUTCString());
    expect(soon).toBeGreaterThan(57_000);
    expect(soon).toBeLessThanOrEqual(60_000);
    expect(delayFor("Wed, 21 Oct 2099 07:28:00 GMT")).toBe(hourMs);
  });

  test.each([500, 502, 200, 302])("does not wait for a %i", (statusCode) => {
    expect(delayFor("60", statusCode)).toBe(5000);
  });

  test.each([
    ...["", "0", "1", "-1", "1.5", "1e309", "inf", "Infinity", "NaN", "0x10", "5, 60", "soon"],
    ...["Wed, 21 Oct 2015 07:28:00 GMT", "Xxx, 99 Yyy 2099 99:99:99 GMT", "2099-10-21", "\u0661"],
  ])("keeps to itself when it is asked for %j", (value) => {
    expect(delayFor(value)).toBe(5000);
  });
});
