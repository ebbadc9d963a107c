import { expect, test } from "vitest";
import { feed, startFrame } from "./fixtures/frame.ts";

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
