import { afterAll, beforeAll, expect, test } from "vitest";
import type { UserError } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
});

type Preview = { nextRuns: string[] | null; userErrors: UserError[] };

async function preview(cron: string, timeZone: string | null, key?: string): Promise<Preview> {
  const { previewSchedule } = await hub.run<{ previewSchedule: Preview }>(
    `query ($cron: String!, $timeZone: String) {
      previewSchedule(cron: $cron, timeZone: $timeZone) { nextRuns userErrors { code message path } } }`,
    { cron, timeZone },
    key,
  );
  return previewSchedule;
}

test("the first three runs of a schedule are told before it is saved, to a key that may only look", async () => {
  const { key } = await keyOf(hub, "VIEWER");
  const { nextRuns, userErrors } = await preview("0 9 1 1 *", "Europe/Berlin", key);
  expect(userErrors).toEqual([]);
  const years = nextRuns?.map((at) => Number(at.slice(0, 4))) ?? [];
  const [first = 0] = years;
  expect(years).toEqual([first, first + 1, first + 2]);
  expect(Date.parse(nextRuns?.[0] ?? "")).toBeGreaterThan(Date.now());
  expect(nextRuns?.map((at) => at.slice(4))).toEqual(Array(3).fill("-01-01T08:00:00.000Z"));
  const rows = await hub.db.sql`select from signalbox.event_schedules`;
  expect(rows.length).toBe(0);
});

test("without a time zone it is UTC", async () => {
  const { nextRuns } = await preview("@yearly", null);
  expect(nextRuns?.map((at) => at.slice(4))).toEqual(Array(3).fill("-01-01T00:00:00.000Z"));
});

test("what is wrong with the cron and with the time zone is told together", async () => {
  const { nextRuns, userErrors } = await preview("0 0 30 2 *", "Berlin");
  expect(nextRuns).toBeNull();
  expect(userErrors).toMatchObject([
    { code: "INVALID", path: ["cron"], message: expect.stringContaining("never runs") },
    { code: "INVALID", path: ["timeZone"], message: expect.stringContaining("Europe/Berlin") },
  ]);
});
