import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { createMetrics } from "../../src/http/metrics.ts";
import { type HttpOptions, ListenError, startHttp } from "../../src/http/server.ts";
import { createLogger } from "../../src/log.ts";
import { startFrame } from "../fixtures/frame.ts";

const bare: HttpOptions = {
  host: "127.0.0.1",
  port: 0,
  log: createLogger("silent"),
  ready: async () => true,
  metrics: createMetrics(null, { oldestDueSeconds: async () => 0, queueDepths: async () => [] })
    .pages,
};

test("a process without the role api serves its health and metrics alone", async () => {
  await using http = await startHttp(bare);
  const status = async (path: string) => (await fetch(http.url + path)).status;
  expect(await Promise.all(["/healthz", "/readyz", "/metrics"].map(status))).toEqual([
    200, 200, 200,
  ]);
  expect(await Promise.all(["/", "/graphql"].map(status))).toEqual([404, 404]);
});

test("a client that offers HTTP/2 is answered in HTTP/1.1", async () => {
  await using frame = await startFrame();
  const body = JSON.stringify({ query: "{ __typename }" });
  const socket = connect(frame.port, "127.0.0.1");
  socket.end(
    "POST /graphql HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer admin\r\n" +
      "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n" +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  const answer = Buffer.concat(chunks).toString();
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer).toContain('"__typename":"Query"');
});

test.each(["/graphql", "http://hub.example/graphql", "HTTP://hub.example/hub/graphql?a=1"])(
  "a websocket is opened at %s, as a client of a proxy writes addresses, too",
  async (path) => {
    await using frame = await startFrame({ publicUrl: "https://example.com/hub" });
    const asked = request({
      ...{ host: "127.0.0.1", port: frame.port, path },
      headers: {
        ...{ connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
        "sec-websocket-key": Buffer.alloc(16).toString("base64"),
        "sec-websocket-protocol": "graphql-transport-ws",
      },
    });
    const answered = new Promise<number | undefined>((resolve, reject) => {
      asked.on("error", reject);
      asked.on("response", ({ statusCode }) => resolve(statusCode));
      asked.on("upgrade", ({ statusCode }, socket) => {
        socket.destroy();
        resolve(statusCode);
      });
    });
    asked.end();
    expect(await answered).toBe(101);
  },
);

test("a check that fails, throws or never answers is not ready", async () => {
  const checks = [
    async () => false,
    () => Promise.reject(new Error("away")),
    () => new Promise<boolean>(() => {}),
  ];
  for (const ready of checks) {
    await using http = await startHttp({ ...bare, ready });
    expect((await fetch(`${http.url}/readyz`)).status).toBe(503);
  }
});

test("the database is asked once for all probes and scrapes of a second", async () => {
  const asked = { ready: 0, metrics: 0 };
  const metrics = createMetrics(asked, {
    oldestDueSeconds: async () => ++asked.metrics,
    queueDepths: async () => [],
  });
  const ready = async () => ++asked.ready > 0;
  await using http = await startHttp({ ...bare, ready, metrics: metrics.pages });
  const start = performance.now();
  const get = async (path: string) => (await fetch(http.url + path)).status;
  const paths = Array.from({ length: 200 }, (_, index) => (index % 2 ? "/readyz" : "/metrics"));
  expect(new Set(await Promise.all(paths.map(get)))).toEqual(new Set([200]));
  const seconds = Math.ceil((performance.now() - start) / 1_000);
  expect(asked.ready).toBeLessThanOrEqual(seconds);
  expect(asked.metrics).toBeLessThanOrEqual(seconds);
  // Its own counters are those of the moment.
  metrics.emits.inc(7);
  expect(await (await fetch(`${http.url}/metrics`)).text()).toContain("signalbox_emits_total 7");
});

test("a taken port is said in one sentence", async () => {
  await using http = await startHttp(bare);
  const second = startHttp({ ...bare, port: http.port });
  await expect(second).rejects.toThrow(ListenError);
  await expect(second).rejects.toThrow(
    `Cannot listen on 127.0.0.1:${http.port}: another process listens there; set HOST or PORT.`,
  );
});

test("closing answers what is in flight, and takes nothing new", async () => {
  const frame = await startFrame();
  const socket = connect(frame.port, "127.0.0.1");
  const body = JSON.stringify({ query: "{ viewer { keyName } }" });
  socket.write(
    "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n" +
      `authorization: Bearer admin\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
  );
  // The request has begun when this second one, on its own connection, is answered.
  await frame.post(body);
  const closed = frame[Symbol.asyncDispose]();
  await expect.poll(() => frame.post(body).catch(() => "refused")).toBe("refused");
  socket.write(body.slice(10));
  const [answer] = await once(socket, "data");
  expect(String(answer)).toContain('{"data":{"viewer":{"keyName":"admin"}}}');
  socket.end();
  await closed;
});
