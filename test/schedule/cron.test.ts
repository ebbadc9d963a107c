import { describe, expect, test } from "vitest";
import { readCron } from "../../src/domain/schedule/cron.ts";
import { nextRun } from "../../src/domain/schedule/nextRun.ts";
import { planDueRun } from "../../src/domain/schedule/scheduleRun.ts";
import { checkTimeZone } from "../../src/domain/schedule/timeZone.ts";
import { UserError } from "../../src/util/userError.ts";

/** The runs after an instant, in minutes of UTC. */
function runs(cron: string, timeZone: string, after: string, count: number): string[] {
  const times = readCron(cron);
  let at = new Date(after);
  return Array.from({ length: count }, () => {
    at = nextRun(times, timeZone, at);
    return at.toISOString().replace(":00.000Z", "Z");
  });
}

describe("a time that does not exist runs once, at the first moment after the gap", () => {
  test.each([
    // 02:00 to 03:00 is left out on 29 March.
    [
      ...["30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z"],
      ["2026-03-29T01:00Z", "2026-03-30T00:30Z"],
    ],
    [
      ...["*/10 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z"],
      ["2026-03-29T01:00Z", "2026-03-30T00:00Z", "2026-03-30T00:10Z"],
    ],
    // The gap's run and that of 03:00 are the same.
    [
      ...["30 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z"],
      ["2026-03-29T01:00Z", "2026-03-29T01:30Z", "2026-03-30T00:30Z"],
    ],
    [
      ...["0 2-3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z"],
      ["2026-03-29T01:00Z", "2026-03-30T00:00Z"],
    ],
    // Found from far away.
    [
      ...["30 2 29 3 *", "Europe/Berlin", "2024-06-01T00:00:00Z"],
      ["2025-03-29T01:30Z", "2026-03-29T01:00Z", "2027-03-29T00:30Z"],
    ],
    [
      ...["30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z"],
      ["2026-03-08T07:00Z", "2026-03-09T06:30Z"],
    ],
    // Half an hour: 02:00 to 02:30.
    [
      ...["15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z"],
      ["2026-10-03T15:30Z", "2026-10-04T15:15Z"],
    ],
    // Midnight.
    [
      ...["0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z"],
      ["2018-11-04T03:00Z", "2018-11-05T02:00Z"],
    ],
    // A whole day.
    [
      ...["0 12 30 12 *", "Pacific/Apia", "2011-01-01T00:00:00Z"],
      ["2011-12-30T10:00Z", "2012-12-29T22:00Z"],
    ],
  ] as [string, string, string, string[]][])("%s in %s", (cron, timeZone, after, expected) => {
    expect(runs(cron, timeZone, after, expected.length)).toEqual(expected);
  });
});

describe("a time that exists twice runs the first time", () => {
  test.each([
    // 02:00 to 03:00 comes twice on 25 October.
    [
      ...["30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z"],
      ["2026-10-25T00:30Z", "2026-10-26T01:30Z"],
    ],
    [
      ...["*/30 2,3 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z"],
      ["2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-25T02:00Z", "2026-10-25T02:30Z"],
    ],
    // Asked for between the two, and within the second.
    [...["30 2 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z"], ["2026-10-26T01:30Z"]],
    [...["30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z"], ["2026-10-26T01:30Z"]],
    [...["0 3 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z"], ["2026-10-25T02:00Z"]],
    [
      ...["30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z"],
      ["2026-11-01T05:30Z", "2026-11-02T06:30Z"],
    ],
    [
      ...["45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z"],
      ["2026-04-04T14:45Z", "2026-04-05T15:15Z"],
    ],
  ] as [string, string, string, string[]][])("%s in %s", (cron, timeZone, after, expected) => {
    expect(runs(cron, timeZone, after, expected.length)).toEqual(expected);
  });
});

describe("a schedule of every hour runs by the hours that pass", () => {
  test.each([
    [
      ...["30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z"],
      ["2026-03-29T00:30Z", "2026-03-29T01:30Z", "2026-03-29T02:30Z"],
    ],
    [
      ...["@hourly", "Europe/Berlin", "2026-10-24T23:30:00Z"],
      ["2026-10-25T00:00Z", "2026-10-25T01:00Z", "2026-10-25T02:00Z"],
    ],
    [
      ...["*/30 * * * *", "America/New_York", "2026-11-01T05:10:00Z"],
      ["2026-11-01T05:30Z", "2026-11-01T06:00Z", "2026-11-01T06:30Z", "2026-11-01T07:00Z"],
    ],
    [
      ...["45 * * * *", "Australia/Lord_Howe", "2026-04-04T14:00:00Z"],
      ["2026-04-04T14:45Z", "2026-04-04T15:15Z", "2026-04-04T16:15Z"],
    ],
    // Every minute has its run, and only one.
    [
      ...["* * * * *", "Australia/Lord_Howe", "2026-04-04T14:58:00Z"],
      ["2026-04-04T14:59Z", "2026-04-04T15:00Z", "2026-04-04T15:01Z"],
    ],
  ] as [string, string, string, string[]][])("%s in %s", (cron, timeZone, after, expected) => {
    expect(runs(cron, timeZone, after, expected.length)).toEqual(expected);
  });
});

test.each([
  ["0 9 * * MON-FRI", "2026-11-27T10:00:00Z", "2026-11-30T09:00Z"],
  ["0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00Z"],
  ["0 0 L * *", "2026-02-01T00:00:00Z", "2026-02-28T00:00Z"],
  ["0 0 * * 7", "2026-11-30T00:00:00Z", "2026-12-06T00:00Z"],
  // As cron does: either of the two days.
  ["0 0 13 * FRI", "2026-11-01T00:00:00Z", "2026-11-06T00:00Z"],
  ["@weekly", "2026-11-30T00:00:00Z", "2026-12-06T00:00Z"],
  ["  0   0\t1 1 *", "2026-11-30T00:00:00Z", "2027-01-01T00:00Z"],
])("%s after %s is at %s", (cron, after, expected) => {
  expect(runs(cron, "UTC", after, 1)).toEqual([expected]);
});

test.each([
  ["", "must have five fields, minute hour day-of-month month day-of-week"],
  ["* * * *", "it has 4"],
  ["0 0 0 * * *", "it has 6 (seconds and years are not read)"],
  ["0 0 1 1 * 2030", "it has 6"],
  ["@reboot", "be one of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly"],
  ["2026-05-05T00:00:00", "must have five fields"],
  ["60 * * * *", "Invalid value for minute: 60"],
  ["* 24 * * *", "minute (0-59) hour (0-23)"],
  ["* * 0 * *", "day-of-month (1-31) month (1-12 or JAN-DEC)"],
  ["* * 0 * *", "Invalid value for day: 0"],
  ["* * 1-32 * *", "Invalid value for day: 32"],
  ["* * 32W * *", "Invalid value for day: 32"],
  ["* * * 13 *", "Invalid value for month: 13"],
  ["* * * * 8", "day-of-week (0-7 or SUN-SAT)"],
  ["*/0 * * * *", "cannot be read"],
  ["5-1 * * * *", "cannot be read"],
  ["a b c d e", "cannot be read"],
  ["0 0 30 2 *", "'0 0 30 2 *' never runs: no year has such a day"],
  ["0 0 31 4,6,9,11 *", "never runs"],
  [`${"0,".repeat(100)}0 * * * *`, "must have at most 200 characters"],
])("the cron %j is INVALID: %s", (cron, message) => {
  const read = () => readCron(cron);
  expect(read).toThrow(UserError);
  expect(read).toThrow("field 'cron' ");
  expect(read).toThrow(message);
});

test.each(["Berlin", "+02:00", "", "Europe/Berlin ", "Mars/Olympus", "a".repeat(100)])(
  "the time zone %j is INVALID",
  (timeZone) => {
    expect(() => checkTimeZone(timeZone)).toThrow(
      "field 'timeZone' must be the name of an IANA time zone, such as Europe/Berlin or UTC",
    );
  },
);

describe("of the runs that were due, the last one is run and the others are missed", () => {
  const every = { cron: "0 * * * *", timeZone: "Europe/Berlin" };
  const plan = (schedule: typeof every, dueAt: string, now: string) =>
    planDueRun(schedule, new Date(dueAt), new Date(now));

  test("none is missed while the next one is not due", async () => {
    expect(await plan(every, "2026-11-30T09:00:00Z", "2026-11-30T09:59:59.999Z")).toEqual({
      runAt: new Date("2026-11-30T09:00:00Z"),
      nextRunAt: new Date("2026-11-30T10:00:00Z"),
      missed: 0,
    });
  });

  test("of six hours five are missed", async () => {
    expect(await plan(every, "2026-11-30T09:00:00Z", "2026-11-30T14:30:00Z")).toEqual({
      runAt: new Date("2026-11-30T14:00:00Z"),
      nextRunAt: new Date("2026-11-30T15:00:00Z"),
      missed: 5,
    });
  });

  test("of ten years at most 1,000 are counted, and the last one is found nevertheless", async () => {
    expect(await plan(every, "2016-11-30T09:00:00Z", "2026-11-30T14:30:00Z")).toEqual({
      runAt: new Date("2026-11-30T14:00:00Z"),
      nextRunAt: new Date("2026-11-30T15:00:00Z"),
      missed: 1_000,
    });
    const newYear = { cron: "*/5 0-3 1 1 *", timeZone: "Australia/Lord_Howe" };
    expect(await plan(newYear, "1990-12-31T13:00:00Z", "2026-11-30T14:30:00Z")).toEqual({
      runAt: new Date("2025-12-31T16:55:00Z"),
      nextRunAt: new Date("2026-12-31T13:00:00Z"),
      missed: 1_000,
    });
  });
});
