import { beforeAll, describe, expect, test } from "vitest";
import { type Attempt, deliveryOf, emit, register } from "../fixtures/hooks.ts";
import { dripBody, neverAnswer, resetInBody, startRawReceiver } from "../fixtures/hostile.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});

let types = 0;
/** Delivers one event to a URL, once; gives the delivery's status and its one attempt. */
async function attemptOn(
  url: string,
  input: object = {},
): Promise<{ status: string; attempt: Attempt }> {
  const type = `attempt.${types++}`;
  await register(hub, { url, types: [type], retries: 0, ...input });
  const event = await emit(hub, { type, data: { n: 1 } });
  const { status, attempts } = await deliveryOf(hub, event.id);
  const [attempt, ...others] = attempts;
  if (!attempt || others.length > 0) throw new Error("not one attempt");
  return { status, attempt };
}

describe("the record of an attempt", () => {
  test("holds everything that was sent and came back", async () => {
    await using target = await receiver((_request, response) => {
      response.writeHead(201, { "x-answer": "yes", "set-cookie": ["a=1", "b=2"] }).end("créé\0");
    });
    const before = Date.now();
    const { status, attempt } = await attemptOn(target.url, { headers: { "x-team": "blue" } });
    const [request] = target.requests;
    expect(status).toBe("SUCCEEDED");
    expect(attempt).toMatchObject({
      number: 1,
      outcome: "SUCCESS",
      statusCode: 201,
      error: null,
      remoteAddress: "127.0.0.1",
      responseHeaders: { "x-answer": "yes", "set-cookie": "[redacted]" },
      responseBody: "créé\ufffd",
      responseTruncated: false,
    });
    expect(attempt.requestHeaders).toEqual({ ...request?.headers, "x-team": "[redacted]" });
    expect(attempt.requestHeaders["webhook-signature"]).toMatch(/^v1,/);
    expect(attempt.elapsedMs).toBeGreaterThanOrEqual(0);
    expect(Date.parse(attempt.startedAt)).toBeGreaterThan(before - 2_000);
    expect(Date.parse(attempt.startedAt)).toBeLessThan(Date.now() + 2_000);
  });

  test("holds the first 16 KiB of a long answer, and says that there was more", async () => {
    await using target = await receiver();
    target.answer = (_request, response) => response.end("x".repeat(16_384));
    const { attempt: whole } = await attemptOn(target.url);
    expect(whole).toMatchObject({ responseBody: "x".repeat(16_384), responseTruncated: false });
    target.answer = (_request, response) => response.end("x".repeat(200_000));
    const { status, attempt } = await attemptOn(target.url);
    expect(status).toBe("SUCCEEDED");
    expect(attempt).toMatchObject({ responseBody: "x".repeat(16_384), responseTruncated: true });
  });

  test("has the time it began and how long it took", async () => {
    await using target = await receiver((_request, response) => {
      setTimeout(() => response.end("ok"), 400);
    });
    const { attempt } = await attemptOn(target.url);
    expect(attempt.elapsedMs).toBeGreaterThanOrEqual(395);
    const ended = Date.parse(attempt.startedAt) + attempt.elapsedMs;
    // It began before its request came, and was over after that was answered.
    const { at } = target.requests[0] ?? { at: 0 };
    expect(Date.parse(attempt.startedAt)).toBeLessThanOrEqual(at + 5);
    expect(ended).toBeGreaterThanOrEqual(at + 390);
    expect(ended).toBeLessThanOrEqual(Date.now() + 5);
  });

  test("has the time it began, however long it took to write it down", async () => {
    await using target = await receiver();
    const writing = () => hub.db.sql`
      select from pg_locks
      where relation = 'signalbox.ended_deliveries'::regclass and mode = 'RowExclusiveLock' and not granted`;
    const attempting = Promise.withResolvers<ReturnType<typeof attemptOn>>();
    await hub.db.sql.begin(async (tx) => {
      await tx`lock table signalbox.ended_deliveries in access exclusive mode`;
      const attempt = attemptOn(target.url);
      attempt.catch(() => {});
      await expect.poll(async () => (await writing()).length, { timeout: 60_000 }).toBe(1);
      const at = target.requests[0]?.at ?? 0;
      await expect.poll(() => Date.now() - at, { timeout: 60_000 }).toBeGreaterThan(1_000);
      attempting.resolve(attempt);
    });
    const { attempt } = await attempting.promise;
    // About when its request came, which was over a second before it could be written down.
    expect(Date.parse(attempt.startedAt)).toBeLessThan((target.requests[0]?.at ?? 0) + 500);
  });
});

describe("an answer", () => {
  test.each([200, 201, 202, 204, 299])("of %i is a success", async (code) => {
    await using target = await receiver((_request, response) => response.writeHead(code).end());
    expect(await attemptOn(target.url)).toMatchObject({
      status: "SUCCEEDED",
      attempt: { outcome: "SUCCESS", statusCode: code, error: null },
    });
  });

  test.each([301, 302, 303, 307, 308])("of %i is never followed", async (code) => {
    await using canary = await receiver();
    await using target = await receiver(status(code, { location: canary.url }));
    expect(await attemptOn(target.url)).toMatchObject({
      status: "FAILED",
      attempt: {
        outcome: "RESPONSE_ERROR",
        statusCode: code,
        error: `redirect not followed: ${code}`,
      },
    });
    expect(canary.requests).toHaveLength(0);
  });

  test.each([400, 401, 404, 410, 429, 500, 503])(
    "of %i is a failure with its status",
    async (code) => {
      await using target = await receiver(status(code));
      expect(await attemptOn(target.url)).toMatchObject({
        status: "FAILED",
        attempt: {
          outcome: "RESPONSE_ERROR",
          statusCode: code,
          error: `status ${code}`,
          responseBody: `status ${code}`,
        },
      });
    },
  );

  test("of 200 whose body breaks off is a success, and says so", async () => {
    await using target = await startRawReceiver(resetInBody);
    expect(await attemptOn(target.url)).toMatchObject({
      status: "SUCCEEDED",
      attempt: {
        outcome: "SUCCESS",
        statusCode: 200,
        responseBody: "abc",
        responseTruncated: true,
      },
    });
  });
});

describe("the time for an attempt", () => {
  test.each([
    ["the answer", neverAnswer, null],
    ["the whole body", dripBody, 200],
  ] as const)("is for %s", async (_what, behaviour, statusCode) => {
    await using target = await startRawReceiver(behaviour);
    const { status, attempt } = await attemptOn(target.url, { timeoutMs: 400 });
    expect(status).toBe("FAILED");
    expect(attempt).toMatchObject({
      outcome: "CONNECTION_ERROR",
      statusCode,
      error: "timeout: no complete answer within 400 ms",
    });
    expect(attempt.elapsedMs).toBeGreaterThanOrEqual(395);
  });
});

test("a target that is not there is reported as a failure to connect", async () => {
  let gone: Receiver["url"];
  {
    await using target = await receiver();
    gone = target.url;
  }
  const { status, attempt } = await attemptOn(gone);
  expect(status).toBe("FAILED");
  expect(attempt).toMatchObject({
    outcome: "CONNECTION_ERROR",
    statusCode: null,
    error: "connection refused",
    remoteAddress: null,
    responseHeaders: null,
    responseBody: null,
  });
});
