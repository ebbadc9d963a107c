import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { createGuard } from "../../src/outbound/address/addressGuard.ts";
import { createPoster, type PostRequest } from "../../src/outbound/call/post.ts";
import { answer, neverAnswer, startRawReceiver } from "../fixtures/hostile.ts";

const guard = createGuard({ allow: ["127.0.0.0/8"] });
const poster = createPoster({ guard, userAgent: "signalbox/test", requireHttps: false });
afterAll(() => poster[Symbol.asyncDispose]());

const post = (url: string, over: Partial<PostRequest> = {}) =>
  poster.post({ url, headers: {}, body: "{}", timeoutMs: 2000, ...over });

async function startReceiver(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const ports: (number | undefined)[] = [];
  const server = createServer((request, response) => {
    ports.push(request.socket.remotePort);
    request.resume().on("end", () => handle(request, response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    /** The client's port of each request: as many connections as there are different ones. */
    ports,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

describe("a call", () => {
  test.each([
    ["/it's?", "/it's?"],
    ["", "/"],
    ["?", "/?"],
    ["?a='b'&c", "/?a='b'&c"],
    ["/a/../%2e%2E/b/./", "/a/../%2e%2E/b/./"],
    ['//double//?{}|^`<>"', '//double//?{}|^`<>"'],
    ["/é/日本?ü", "/%C3%A9/%E6%97%A5%E6%9C%AC?%C3%BC"],
  ])("of a url that ends in %s asks for %s", async (given, asked) => {
    const targets: (string | undefined)[] = [];
    await using receiver = await startReceiver((request, response) => {
      targets.push(request.url);
      response.end();
    });
    const reply = await post(receiver.url.replace("/hook", given));
    expect([reply.outcome, ...targets]).toEqual(["SUCCESS", asked]);
  });

  test("is sent once, and recorded with every header as it was sent", async () => {
    await using receiver = await startRawReceiver(
      answer("HTTP/1.1 201 Created\nX-A: 1\nX-A: 2\n\n"),
    );
    const headers = { "Content-Type": "application/json", "webhook-id": "e1" };
    const reply = await post(`${receiver.url}?a=b%20c&d=é`, {
      headers,
      body: '{"é":1}',
      timeoutMs: 200,
    });
    const [head = "", body] = receiver.received().split("\r\n\r\n");
    const [requestLine, ...lines] = head.split("\r\n");
    expect(requestLine).toBe("POST /hook?a=b%20c&d=%C3%A9 HTTP/1.1");
    expect(body).toBe('{"é":1}');
    expect(Object.fromEntries(lines.map((line) => line.split(": ")))).toEqual(reply.requestHeaders);
    expect(reply.requestHeaders).toEqual({
      host: `127.0.0.1:${receiver.port}`,
      connection: "keep-alive",
      "user-agent": "signalbox/test",
      "accept-encoding": "identity",
      "Content-Type": "application/json",
      "webhook-id": "e1",
      "content-length": "8",
    });
  });

  test("that is answered gives the whole answer", async () => {
    await using receiver = await startReceiver((_request, response) => {
      response.writeHead(201, { "x-one": "1", "x-two": ["a", "b"] }).end("h\u00e9llo\0");
    });
    expect(await post(receiver.url)).toMatchObject({
      outcome: "SUCCESS",
      statusCode: 201,
      error: null,
      remoteAddress: "127.0.0.1",
      elapsedMs: expect.any(Number),
      responseHeaders: { "x-one": "1", "x-two": "a, b" },
      responseBody: "h\u00e9llo\ufffd",
      responseTruncated: false,
    });
  });

  test.each([400, 401, 410, 429, 500, 503])(
    "that is answered with %i is an error",
    async (status) => {
      await using receiver = await startReceiver((_request, response) => {
        response.writeHead(status, { "retry-after": "7" }).end("no");
      });
      expect(await post(receiver.url)).toMatchObject({
        outcome: "RESPONSE_ERROR",
        statusCode: status,
        error: `status ${status}`,
        responseHeaders: { "retry-after": "7" },
        responseBody: "no",
      });
    },
  );

  test.each([204, 205, 299])("that is answered with %i is a success", async (status) => {
    await using receiver = await startReceiver((_request, response) => {
      response.writeHead(status).end();
    });
    expect(await post(receiver.url)).toMatchObject({ outcome: "SUCCESS", responseBody: "" });
  });

  test.each([300, 301, 302, 303, 304, 307, 308])("never follows a %i", async (status) => {
    await using canary = await startRawReceiver(neverAnswer);
    await using receiver = await startReceiver((_request, response) => {
      response.writeHead(status, { location: canary.url, refresh: `0; url=${canary.url}` }).end();
    });
    expect(await post(receiver.url)).toMatchObject({
      outcome: "RESPONSE_ERROR",
      statusCode: status,
      error: `redirect not followed: ${status}`,
    });
    expect(canary.connections()).toBe(0);
  });

  test("keeps its connection for later ones", async () => {
    await using receiver = await startReceiver((_request, response) => response.end("ok"));
    for (let i = 0; i < 50; i++) await post(receiver.url);
    // Some of the first, for the receiver might have closed behind its answer; then always the same.
    expect(new Set(receiver.ports.slice(-20)).size).toBeLessThanOrEqual(2);
    const patient = { timeoutMs: 30_000 };
    const many = await Promise.all(Array.from({ length: 256 }, () => post(receiver.url, patient)));
    expect(many.map(({ error }) => error).filter((error) => error !== null)).toEqual([]);
    expect(receiver.ports.length).toBe(306);
  });

  test("finds a new connection where the kept one was closed", async () => {
    // The answer says nothing of it, but the connection ends right behind it.
    await using receiver = await startRawReceiver((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
    );
    for (let i = 0; i < 20; i++) expect((await post(receiver.url)).outcome).toBe("SUCCESS");
    expect(receiver.connections()).toBe(20);
  });

  test("needs as many connections as there are calls at the same time", async () => {
    await using receiver = await startReceiver((_request, response) => response.end("ok"));
    const caller = async () => {
      for (let i = 0; i < 60; i++) await post(receiver.url);
    };
    await Promise.all(Array.from({ length: 16 }, caller));
    expect(new Set(receiver.ports.slice(-320)).size).toBeLessThanOrEqual(20);
  });

  test("meets no connection that its receiver closes, once it has closed one in use", async () => {
    let requests = 0;
    await using receiver = await startRawReceiver((socket) => {
      let served = 0;
      socket.on("data", () => {
        requests++;
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        // Keeps a connection for a while, so that it is trusted, and then ends it without a word.
        if (++served === 5) setImmediate(() => socket.destroy());
      });
    });
    let failed = 0;
    for (let i = 0; i < 40; i++) {
      if ((await post(receiver.url)).outcome !== "SUCCESS") failed++;
      if (i === 0)
        await expect.poll(async () => (await post(receiver.url)).outcome).toBe("SUCCESS");
    }
    expect(failed).toBeLessThanOrEqual(1);
    expect(requests).toBeGreaterThanOrEqual(40);
  });

  test("keeps 16 KiB of a long body, and reads 64 KiB at most", async () => {
    await using receiver = await startReceiver((request, response) => {
      response.end("é".repeat(Number(request.url?.split("?")[1])));
    });
    const whole = await post(`${receiver.url}?8192`);
    expect(whole).toMatchObject({ responseBody: "é".repeat(8192), responseTruncated: false });
    const kept = await post(`${receiver.url}?30000`);
    expect(kept).toMatchObject({ responseBody: "é".repeat(8192), responseTruncated: true });
    const cut = await post(`${receiver.url}?40000`);
    expect(cut).toMatchObject({ outcome: "SUCCESS", responseTruncated: true });
  });

  test("shows a binary body lossily, and never inflates one", async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    await using receiver = await startReceiver((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    });
    const reply = await post(receiver.url);
    expect(reply).toMatchObject({ outcome: "SUCCESS", responseTruncated: true });
    expect(reply.responseBody?.startsWith("\u001f\ufffd")).toBe(true);
    expect(reply.responseBody?.length).toBeLessThanOrEqual(16_384);
  });

  test.each(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] as const)(
    "may be a %s",
    async (method) => {
      await using receiver = await startRawReceiver(
        answer("HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
      );
      for (const body of ["", "{}"]) {
        const reply = await post(receiver.url, { method, body });
        expect(reply.outcome).toBe("SUCCESS");
        const length = /content-length: (\d+)/.exec(
          receiver.received().split(`${method} `).at(-1) ?? "",
        );
        expect(reply.requestHeaders["content-length"]).toBe(length?.[1]);
      }
    },
  );

  test("ends as interrupted when its caller or the hub stops", async () => {
    await using receiver = await startRawReceiver(neverAnswer);
    const stop = new AbortController();
    const calls = Array.from({ length: 20 }, () => post(receiver.url, { signal: stop.signal }));
    await expect.poll(receiver.connections).toBe(20);
    stop.abort();
    for (const reply of await Promise.all(calls)) {
      expect(reply).toMatchObject({ outcome: "CONNECTION_ERROR", statusCode: null });
      expect(reply.error).toMatch(/^interrupted: /);
    }
    expect((await post(receiver.url, { signal: stop.signal })).error).toMatch(/^interrupted: /);

    await using honest = await startReceiver((_request, response) => response.end());
    for (let i = 0; i < 20; i++) await post(honest.url);
    expect((await post(honest.url, { signal: stop.signal })).error).toMatch(/^interrupted: /);
    expect(honest.ports.length).toBe(20);

    const brief = createPoster({ guard, userAgent: "x", requireHttps: false });
    const last = brief.post({ url: receiver.url, headers: {}, body: "", timeoutMs: 2000 });
    await expect.poll(receiver.connections).toBe(21);
    await brief[Symbol.asyncDispose]();
    expect((await last).error).toMatch(/^interrupted: /);
  });

  test("does not send a header that would end its line", async () => {
    await using receiver = await startRawReceiver(neverAnswer);
    const reply = await post(receiver.url, { headers: { "x-a": "b\r\nx-evil: 1" } });
    expect(reply).toMatchObject({
      outcome: "CONNECTION_ERROR",
      error: "request error: invalid x-a header",
    });
    expect(receiver.received()).toBe("");
  });
});
