import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { accepted, emitAll, registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver, status, statuses } from "../fixtures/receiver.ts";
import { answer, rest } from "../fixtures/rest.ts";
import { tenantOf } from "../fixtures/tenant.ts";

type Point = {
  at: string;
  accepted: number;
  succeeded: number;
  failed: number;
  retried: number;
  successShare: number | null;
  latencyP50Ms: number | null;
  latencyP95Ms: number | null;
  answers: { statusCode: number | null; count: number }[];
};
type Statistics = {
  step: string;
  since: string;
  until: string;
  countedAt: string | null;
  total: Point;
  points: Point[];
};

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const POINT = `at accepted succeeded failed retried successShare latencyP50Ms latencyP95Ms
  answers { statusCode count }`;
async function statistics(args: Record<string, unknown> = {}, at: TestHub = hub) {
  const answered = await at.run<{ statistics: Statistics }>(
    `query ($hookId: ID, $type: String, $since: DateTime, $until: DateTime) {
      statistics(hookId: $hookId, type: $type, since: $since, until: $until) {
        step since until countedAt total { ${POINT} } points { ${POINT} } } }`,
    args,
  );
  return answered.statistics;
}
const ended = async (args: Record<string, unknown>, count: number) =>
  vi.waitFor(
    async () => {
      const { total } = await statistics(args);
      expect(total.succeeded + total.failed).toBe(count);
      return total;
    },
    { timeout: 30_000, interval: 200 },
  );

test("a project, a hook and a type each have their own counts, with the answers of all attempts", async () => {
  await using good = await receiver(statuses(503, 200));
  await using bad = await receiver(status(404));
  const retries = { retries: 1, retryScheduleMs: [100] };
  const goodHook = await registerHook(hub, { url: good.url, types: ["own.*"], ...retries });
  const badHook = await registerHook(hub, { url: bad.url, types: ["own.b"], ...retries });
  const silent = await registerHook(hub, {
    ...{ url: "http://127.0.0.1:9/", types: ["own.a"], retries: 0 },
  });
  await accepted(hub, { type: "own.a" });
  await accepted(hub, { type: "own.b" });
  await accepted(hub, { type: "own.c" });

  expect(await ended({ hookId: goodHook }, 3)).toMatchObject({
    ...{ accepted: 3, succeeded: 3, failed: 0, retried: 1, successShare: 1 },
    answers: [
      { statusCode: 200, count: 3 },
      { statusCode: 503, count: 1 },
    ],
  });
  expect(await ended({ hookId: badHook }, 1)).toMatchObject({
    ...{ accepted: 1, failed: 1, retried: 1, successShare: 0, latencyP50Ms: null },
    answers: [{ statusCode: 404, count: 2 }],
  });
  expect(await ended({ hookId: silent }, 1)).toMatchObject({
    answers: [{ statusCode: null, count: 1 }],
  });
  expect(await ended({ type: "own.b" }, 2)).toMatchObject({
    ...{ accepted: 1, succeeded: 1, failed: 1, retried: 1, successShare: 0.5 },
  });
  const whole = await ended({}, 5);
  expect(whole).toMatchObject({ accepted: 3, succeeded: 3, failed: 2, retried: 2 });
  expect(whole.latencyP95Ms).toBeGreaterThanOrEqual(whole.latencyP50Ms ?? Number.NaN);
});

test("a latency is that of all attempts together, from the event's acceptance on", async () => {
  await using slow = await receiver(statuses(500, 200));
  const hookId = await registerHook(hub, {
    ...{ url: slow.url, types: ["slow"], retries: 1, retryScheduleMs: [1_000] },
  });
  await accepted(hub, { type: "slow" });
  const { latencyP50Ms } = await ended({ hookId }, 1);
  // The wait of 1 s is shortened by at most 20 %, and a percentile is off by at most 9 %.
  expect(latencyP50Ms).toBeGreaterThan(700);
});

test("each change counts once, however many of them come at once", async () => {
  await using target = await receiver();
  const hookId = await registerHook(hub, { url: target.url, types: ["many"] });
  for (let batch = 0; batch < 4; batch++)
    await emitAll(
      hub,
      Array.from({ length: 100 }, () => ({ type: "many" })),
    );
  expect(await ended({ hookId }, 400)).toMatchObject({ accepted: 400, succeeded: 400 });
  // What comes later is added to it.
  await accepted(hub, { type: "many" });
  expect(await ended({ hookId }, 401)).toMatchObject({ accepted: 401, succeeded: 401 });
  expect((await statistics({ type: "many" })).total.answers).toEqual([
    { statusCode: 200, count: 401 },
  ]);
});

test("a short range has minutes and a long one hours, without gaps, and both have the same sum", async () => {
  const until = new Date(Date.now() + 60_000);
  const before = (hours: number) => new Date(until.getTime() - hours * 3_600_000).toISOString();
  await ended({ type: "own.c" }, 1);
  const short = await statistics({ type: "own.c", since: before(2), until: until.toISOString() });
  const long = await statistics({ type: "own.c", since: before(48), until: until.toISOString() });
  expect([short.step, long.step]).toEqual(["MINUTE", "HOUR"]);
  for (const { points, since, step, total } of [short, long]) {
    const ms = step === "MINUTE" ? 60_000 : 3_600_000;
    expect(Date.parse(since) % ms).toBe(0);
    expect(points.map(({ at }) => Date.parse(at))).toEqual(
      points.map((_point, index) => Date.parse(since) + index * ms),
    );
    expect(points.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(1);
    expect(total.succeeded).toBe(1);
  }
  expect(short.points.length).toBeLessThanOrEqual(121);
  expect(long.points.length).toBeLessThanOrEqual(49);
});

test("REST has the same statistics", async () => {
  const range = { since: "2026-01-01T00:00:00.000Z", until: "2026-01-02T00:00:00.000Z" };
  const path = `/v1/statistics?${new URLSearchParams({ ...range, type: "own.c" })}`;
  const given = await answer<Statistics>(rest(hub, "GET", path));
  expect(given).toEqual(await statistics({ ...range, type: "own.c" }));
  expect(given.points).toHaveLength(24);
  const { total } = await answer<Statistics>(rest(hub, "GET", "/v1/statistics?type=own.c"));
  expect(total).toMatchObject({ accepted: 1, succeeded: 1, answers: [{ count: 1 }] });
});

test("a range that cannot be is refused, with the reason", async () => {
  const refusals = await Promise.all(
    [
      "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z",
      "since=2026-01-01T00:00:00Z&until=2026-06-01T00:00:00Z",
      "hookId=a&type=b",
      "since=yesterday",
      "until=9999-12-31T23:59:59Z",
      "until=1000-01-01T00:00:00Z",
    ].map(async (query) => {
      const response = await rest(hub, "GET", `/v1/statistics?${query}`);
      return [response.status, JSON.stringify(await response.json())] as const;
    }),
  );
  expect(refusals.map(([code]) => code)).toEqual([422, 422, 422, 422, 422, 422]);
  const texts = refusals.map(([, text]) => text);
  expect(texts[0]).toContain("since must be before until");
  expect(texts[1]).toContain("since and until may be at most 90 days apart");
  expect(texts[2]).toContain("give hookId or type, not both");
  expect(texts[3]).toContain("since");
  expect(texts[4]).toContain("until must lie between");
  expect(texts[5]).toContain("must lie between");
});

test("a hook and a type that there cannot be have no counts", async () => {
  expect((await statistics({ hookId: "no\u0000hook" })).total.accepted).toBe(0);
  expect((await statistics({ type: "no\u0000type" })).total.accepted).toBe(0);
});

test("another project's hook and types have no counts here", async () => {
  await using target = await receiver();
  const other = await tenantOf(hub);
  const theirs = await registerHook(other, { url: target.url, types: ["own.others"] });
  await accepted(other, { type: "own.others" });
  await vi.waitFor(
    async () => expect((await statistics({ hookId: theirs }, other)).total.succeeded).toBe(1),
    { timeout: 30_000, interval: 200 },
  );
  expect((await statistics({ hookId: theirs })).total.accepted).toBe(0);
  expect((await statistics({ type: "own.others" })).total.accepted).toBe(0);
});
