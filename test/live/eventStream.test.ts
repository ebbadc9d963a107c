import { expect, test } from "vitest";
import { feed, startFrame } from "../fixtures/frame.ts";

const watch = "subscription { eventEmitted { event { type } } }";
const publish = (type: string) => Promise.all([...feed.readers].map((read) => read(type)));

test("an event stream whose client leaves ends its subscription, and errors come as its last event", async () => {
  await using frame = await startFrame();
  const left = new AbortController();
  const headers = { accept: "text/event-stream" };
  const leaving = await fetch(`${frame.url}/graphql`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", authorization: "Bearer admin" },
    body: JSON.stringify({ query: watch }),
    signal: left.signal,
  });
  expect(leaving.status).toBe(200);
  await expect.poll(() => feed.readers.size).toBe(1);
  left.abort();
  await expect.poll(() => feed.readers.size).toBe(0);

  const failing = await frame.post({ query: watch }, headers);
  await expect.poll(() => feed.readers.size).toBe(1);
  await publish("expire");
  expect(await failing.text()).toMatch(/data: \{"errors":.*CURSOR_EXPIRED.*\n\nevent: complete/);

  const query = await frame.post({ query: "{ viewer { keyName } }" }, headers);
  expect(await query.text()).toContain('{"data":{"viewer":{"keyName":"admin"}}}');
  const json = await frame.post({ query: watch });
  expect(json.status).toBe(406);
});

const stream = (url: string, key: string, query = watch) =>
  fetch(`${url}/graphql`, {
    method: "POST",
    headers: {
      accept: "text/event-stream",
      "content-type": "application/json",
      authorization: `Bearer ${key}`,
    },
    body: JSON.stringify({ query }),
  });

test("an event stream is held back by no proxy", async () => {
  await using frame = await startFrame();
  const { headers, body } = await stream(frame.url, "admin");
  expect(headers.get("content-type")).toBe("text/event-stream");
  expect(headers.get("x-accel-buffering")).toBe("no");
  expect(headers.get("cache-control")).toBe("no-cache, no-transform");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  await body?.cancel();
});

test("a revoked key's stream says so before it ends, and shows nothing more", async () => {
  await using frame = await startFrame();
  const [one, two, other] = await Promise.all(
    ["viewer", "viewer", "operator"].map((key) => stream(frame.url, key)),
  );
  await expect.poll(() => feed.readers.size).toBe(3);
  publish("before");
  await expect.poll(() => feed.pulled).toBeGreaterThanOrEqual(3);
  frame.revoked.add("viewer");
  publish("after");
  for (const response of [one, two]) {
    const text = await response?.text();
    expect(text).toContain('"type":"before"');
    expect(text).not.toContain('"type":"after"');
    expect(text).toMatch(
      /data: \{"errors":\[\{"message":"The API key has been revoked."[^\n]*UNAUTHENTICATED[^\n]*\n\nevent: complete\n/,
    );
  }
  await expect.poll(() => feed.readers.size).toBe(1);
  await other?.body?.cancel();
});

test("a graceful stop cuts event streams: whoever is told `complete` never comes again", async () => {
  const frame = await startFrame();
  const response = await stream(frame.url, "viewer");
  await expect.poll(() => feed.readers.size).toBe(1);
  publish("order.created");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const reading = (async () => {
    for (;;) {
      const step = await reader?.read();
      if (!step || step.done) return "ended";
      text += step.value;
    }
  })().catch(() => "cut");
  await expect.poll(() => text).toContain("order.created");
  await frame[Symbol.asyncDispose]();
  expect(await reading).toBe("cut");
  expect(text).not.toContain("complete");
  await expect.poll(() => feed.readers.size).toBe(0);
});
