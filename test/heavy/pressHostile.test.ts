import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actionOf, button, press } from "../fixtures/actions.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Received, receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

/** Presses a button whose target answers so. */
async function pressed(answer: (request: Received, response: ServerResponse) => void) {
  await using target = await receiver(answer);
  const { id } = await button(hub, target.url);
  const payload = await press(hub, id, { waitMs: 15_000 });
  return { ...payload, calls: target.requests.length };
}

describe("S0.11: after 10 s it gives up", () => {
  const drip = (_request: Received, response: ServerResponse) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write("."), 200);
    response.on("close", () => clearInterval(timer));
  };
  test.concurrent.each<[string, (request: Received, response: ServerResponse) => void]>([
    ["a target that never answers", () => {}],
    [
      "one that sends 200 and no body",
      (_request, response) => void response.writeHead(200).flushHeaders(),
    ],
    ["one whose body comes drop by drop", drip],
  ])("%s", async (_name, answer) => {
    const startedAt = performance.now();
    const { press: ended, action, calls } = await pressed(answer);
    expect(performance.now() - startedAt).toBeGreaterThan(9_900);
    const error = "timeout: no complete answer within 10000 ms";
    expect(ended).toMatchObject({
      status: "FAILED",
      error,
      attempt: { outcome: "CONNECTION_ERROR" },
    });
    expect(action).toMatchObject({ status: "PENDING", lastError: error });
    expect(calls).toBe(1);
  });

  test.concurrent("who does not want to wait so long is given the press that runs", async () => {
    await using target = await receiver(() => {});
    const { id } = await button(hub, target.url);
    const { press: running, action } = await press(hub, id, { waitMs: 500 });
    expect(running).toMatchObject({ status: "PENDING", attempt: null, error: null });
    expect(action?.status).toBe("RUNNING");
    await expect
      .poll(async () => (await actionOf(hub, id)).status, { timeout: 60_000 })
      .toBe("PENDING");
  });
});

test("an answer that breaks off after 200 completes the action, as it does a delivery", async () => {
  const { press: ended, action } = await pressed((_request, response) => {
    response.writeHead(200, { "content-length": "100" }).write("half", () => response.destroy());
  });
  expect(ended).toMatchObject({ status: "SUCCEEDED", attempt: { responseTruncated: true } });
  expect(action?.status).toBe("COMPLETE");
});

test("of a long refusal the beginning is shown, and what is kept is in the attempt", async () => {
  const { press: ended, action } = await pressed((_request, response) => {
    response.writeHead(409).end(`${"🤖".repeat(700)}${"x".repeat(100_000)}`);
  });
  expect(action?.lastError).toHaveLength(1_000);
  expect(action?.lastError).toBe("🤖".repeat(500));
  expect(ended?.attempt?.responseBody?.length).toBeGreaterThan(10_000);
  expect(ended?.attempt?.responseTruncated).toBe(true);
});

test("bytes that are no text, and headers full of secrets of the target, do no harm", async () => {
  const { press: ended, action } = await pressed((_request, response) => {
    response.writeHead(500, { "x-odd": "\u00ff" }).end(Buffer.from([0, 1, 0xff, 0xfe, 0]));
  });
  expect(ended?.status).toBe("FAILED");
  expect(action?.lastError).toMatch(/^\ufffd/);
});

test("a connection that is closed, or refused, fails the press with a sentence", async () => {
  const closed = await pressed((_request, response) => void response.destroy());
  expect(closed.press).toMatchObject({
    status: "FAILED",
    error: expect.stringMatching(/^connection closed/),
    attempt: { outcome: "CONNECTION_ERROR", statusCode: null },
  });
  expect(closed.calls).toBe(1);
  const { id } = await button(hub, "http://127.0.0.1:9");
  expect((await press(hub, id)).press).toMatchObject({ status: "FAILED" });
});

test("where no private target is allowed any more, one saved before is not called", async () => {
  await using target = await receiver();
  await using lax = await testHub({ roles: { api: true, worker: false } });
  const { id } = await button(lax, target.url);
  await using strict = await testHub({
    ...lax.settings,
    roles: { api: true, worker: true },
    allowTargets: [],
  });
  expect((await press(strict, id)).press).toMatchObject({
    status: "FAILED",
    error: "address not allowed",
    attempt: { outcome: "REFUSED", statusCode: null },
  });
  expect(target.requests).toEqual([]);
});
