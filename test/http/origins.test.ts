import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { browserTest, visitor } from "../fixtures/browser.ts";
import { type Frame, startFrame } from "../fixtures/frame.ts";
import { receiver } from "../fixtures/receiver.ts";

const LISTED = "https://app.example";
const OWN = "https://hub.example";
let frame: Frame;
beforeAll(async () => {
  frame = await startFrame({ allowedOrigins: [LISTED], publicUrl: OWN });
});
afterAll(() => frame[Symbol.asyncDispose]());

const query = { query: "{ viewer { keyName } }" };
const ask = (origin: string, headers = "authorization,content-type", url = frame.url) =>
  fetch(`${url}/graphql`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": headers,
    },
  });
const corsOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => /^access-control|^vary$/.test(name)));
const mayRead = (origin: string) => ({
  "access-control-allow-origin": origin,
  "access-control-expose-headers": "location, retry-after, x-request-id",
  vary: "origin",
});

test("a browser that asks first is told what a listed origin may send, and never with credentials", async () => {
  for (const origin of [LISTED, OWN]) {
    const response = await ask(origin, "authorization,content-type,x-team");
    expect(response.status).toBe(204);
    expect(corsOf(response)).toEqual({
      ...mayRead(origin),
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "authorization,content-type,x-team",
      "access-control-max-age": "7200",
      vary: "origin, access-control-request-headers",
    });
  }
  expect(corsOf(await ask(LISTED, "no <list>"))["access-control-allow-headers"]).toBe(
    "authorization, content-type",
  );
});

test("every answer may be read by a listed origin: results, errors and event streams", async () => {
  const answers = [
    await frame.post(query, { origin: LISTED }),
    await frame.post("{", { origin: LISTED }),
    await frame.post(query, { origin: LISTED, authorization: "Bearer nobody" }),
    await frame.post(query, { origin: LISTED, accept: "text/event-stream" }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 401, 200]);
  for (const answer of answers) expect(corsOf(answer)).toEqual(mayRead(LISTED));
  expect(await answers[3]?.text()).toContain("event: next");
  // A program names no origin, and a page of the hub itself is no other.
  expect(corsOf(await frame.post(query))).toEqual({});
  expect((await frame.post(query, { origin: frame.url })).status).toBe(200);
});

test("a request that the browser vouches for as ours is ours, whatever a proxy has made of the host", async () => {
  const response = await frame.post(query, {
    origin: "https://behind-a-proxy.example",
    "sec-fetch-site": "same-origin",
  });
  expect(response.status).toBe(200);
});

const refused = (origin: string) =>
  `Pages of the origin ${origin} may not call this hub. Allowed are the origins in SIGNALBOX_ALLOWED_ORIGINS and that of SIGNALBOX_PUBLIC_URL.`;

test.each([
  "https://evil.example",
  "null",
  `${LISTED}:8443`,
  "http://app.example",
  "https://app.example.evil.example",
])("the origin %s is refused by name, on every door", async (origin) => {
  for (const response of [await ask(origin), await frame.post(query, { origin })]) {
    expect(response.status).toBe(403);
    expect(corsOf(response)).toEqual({ vary: "origin" });
    expect(await response.json()).toEqual({
      errors: [{ message: refused(origin), extensions: { code: "FORBIDDEN" } }],
    });
  }
  const socket = new WebSocket(
    `${frame.url.replace("http", "ws")}/graphql`,
    "graphql-transport-ws",
    { origin },
  );
  const [, response] = (await once(socket, "unexpected-response")) as [object, IncomingMessage];
  expect([response.statusCode, await text(response)]).toEqual([403, refused(origin)]);
});

test("a websocket of a listed origin is opened", async () => {
  for (const origin of [LISTED, OWN, frame.url]) {
    const url = `${frame.url.replace("http", "ws")}/graphql`;
    const socket = new WebSocket(url, "graphql-transport-ws", { origin });
    await once(socket, "open");
    socket.close();
  }
});

test("without the setting no other origin is let in, and what is refused is logged once, however often it tries", async () => {
  await using closed = await startFrame();
  for (let tries = 0; tries < 20; tries++)
    expect((await ask(LISTED, "authorization", closed.url)).status).toBe(403);
  const lines = closed.logged.filter((line) => line.includes("SIGNALBOX_ALLOWED_ORIGINS"));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "warn", origin: LISTED, refused: 1 },
  ]);
});

browserTest("a page of a listed origin calls the hub from a browser, another cannot", async () => {
  await using page = await receiver((_request, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<p>app</p>"),
  );
  const origin = new URL(page.url).origin;
  await using browser = await visitor();
  await using visit = await browser.visit(origin);
  const call = (url: string) =>
    visit.page.evaluate(
      async ([to, body]) => {
        const headers = { "content-type": "application/json", authorization: "Bearer admin" };
        const sent = fetch(`${to}/graphql`, { method: "POST", headers, body: body ?? "" });
        return sent.then((response) => response.text()).catch((error) => String(error));
      },
      [url, JSON.stringify(query)],
    );
  await using open = await startFrame({ allowedOrigins: [origin] });
  expect(await call(open.url)).toBe('{"data":{"viewer":{"keyName":"admin"}}}');
  expect(await call(frame.url)).toContain("Failed to fetch");
});
