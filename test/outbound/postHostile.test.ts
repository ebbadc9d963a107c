import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, describe, expect, test } from "vitest";
import { createGuard } from "../../src/outbound/address/addressGuard.ts";
import { createPoster } from "../../src/outbound/call/post.ts";
import { expiredCertificate, goodCertificate, tlsKey } from "../fixtures/certificates.ts";
import * as hostile from "../fixtures/hostile.ts";

const guard = createGuard({ allow: ["127.0.0.0/8"] });
const poster = createPoster({ guard, userAgent: "signalbox/test", requireHttps: false });
afterAll(() => poster[Symbol.asyncDispose]());

const timeoutMs = 300;
const post = (url: string, over: object = {}) =>
  poster.post({ url, headers: {}, body: '{"a":1}', timeoutMs, ...over });

const { answer } = hostile;
const timeout = /^timeout: no complete answer within 300 ms$/;
const closed = /^connection closed: /;
const malformed = /^http error: malformed response \(.+\)$/;

describe("a hostile receiver", () => {
  test.each<[string, hostile.Behaviour, RegExp]>([
    ["never answers", hostile.neverAnswer, timeout],
    ["drips headers", hostile.dripHeaders, timeout],
    ["sends interim responses for ever", hostile.slowInterims, timeout],
    ["floods with interim responses", hostile.floodOfInterims, /^http error: too many interim/],
    ["closes at once", hostile.closeAtOnce, closed],
    ["resets at once", hostile.resetAtOnce, closed],
    ["resets within the headers", hostile.resetInHeaders, closed],
    ["sends garbage", answer("garbage garbage\n\n"), malformed],
    ["speaks HTTP/0.9", answer("<html>hello</html>"), malformed],
    [
      "switches protocols",
      answer("HTTP/1.1 101 Go\nUpgrade: x\nConnection: upgrade\n\n"),
      malformed,
    ],
  ])("that %s costs one failed try within the time", async (_name, behave, error) => {
    await using receiver = await hostile.startRawReceiver(behave);
    // What ends by itself has the time that a busy machine needs.
    const reply = await post(receiver.url, error === timeout ? {} : { timeoutMs: 60_000 });
    expect(reply).toMatchObject({
      outcome: "CONNECTION_ERROR",
      statusCode: null,
      responseBody: null,
    });
    expect(reply.error).toMatch(error);
    expect(receiver.connections()).toBe(1);
  });

  test("that drips its body is a timeout, though its status came", async () => {
    await using receiver = await hostile.startRawReceiver(hostile.dripBody);
    const reply = await post(receiver.url);
    expect(reply).toMatchObject({
      outcome: "CONNECTION_ERROR",
      statusCode: 200,
      responseTruncated: true,
    });
    expect(reply.error).toMatch(timeout);
    expect(reply.responseBody).toMatch(/^a+$/);
  });

  test("that resets within the body of a 200 has taken the message", async () => {
    await using receiver = await hostile.startRawReceiver(hostile.resetInBody);
    expect(await post(receiver.url)).toMatchObject({
      outcome: "SUCCESS",
      statusCode: 200,
      error: null,
      responseBody: "abc",
      responseTruncated: true,
    });
  });

  test("that never ends its body is cut off after 64 KiB", async () => {
    await using receiver = await hostile.startRawReceiver(hostile.endlessBody);
    const reply = await post(receiver.url);
    expect(reply).toMatchObject({ outcome: "SUCCESS", responseTruncated: true });
    expect(reply.responseBody).toBe("x".repeat(16_384));
    await expect.poll(receiver.bytesSent).toBeLessThan(30_000_000);
  });

  test("that sends a second answer unasked does not have it taken for the next one", async () => {
    const twice = "HTTP/1.1 200 OK\nContent-Length: 1\n\n1HTTP/1.1 500 No\nContent-Length: 1\n\n2";
    await using receiver = await hostile.startRawReceiver(answer(twice));
    for (let i = 0; i < 5; i++) expect((await post(receiver.url)).statusCode).toBe(200);
  });

  test("that refuses connections is told apart", async () => {
    const receiver = await hostile.startRawReceiver(hostile.neverAnswer);
    await receiver[Symbol.asyncDispose]();
    expect(await post(receiver.url)).toMatchObject({
      outcome: "CONNECTION_ERROR",
      error: "connection refused",
      remoteAddress: null,
    });
  });

  test("in numbers delays no honest one", async () => {
    await using silent = await hostile.startRawReceiver(hostile.neverAnswer);
    await using honest = await hostile.startRawReceiver(answer("HTTP/1.1 204 No Content\n\n"));
    const stuck = Array.from({ length: 256 }, () => post(silent.url));
    const reply = await post(honest.url, { timeoutMs: 15_000 });
    expect(reply).toMatchObject({ outcome: "SUCCESS" });
    const replies = await Promise.all(stuck);
    expect(replies.every((reply) => timeout.test(reply.error ?? ""))).toBe(true);
  });
});

describe("a receiver's TLS", () => {
  async function startTls(cert: string) {
    const server = createServer({ key: tlsKey, cert }, (_request, response) => response.end("ok"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return {
      port: (server.address() as AddressInfo).port,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      },
    };
  }

  test("is checked: issuer, time and name", async () => {
    await using good = await startTls(goodCertificate);
    await using expired = await startTls(expiredCertificate);
    expect((await post(`https://localhost:${good.port}/`)).error).toMatch(
      /^tls error: self-signed/,
    );

    const before = getCACertificates("default");
    setDefaultCACertificates([...before, goodCertificate, expiredCertificate]);
    try {
      const reply = await post(`https://localhost:${good.port}/`);
      expect(reply).toMatchObject({ outcome: "SUCCESS", remoteAddress: "127.0.0.1" });
      expect((await post(`https://localhost:${expired.port}/`)).error).toBe(
        "tls error: certificate has expired",
      );
      const other = await post(`https://127.0.0.1:${good.port}/`);
      expect(other).toMatchObject({ outcome: "CONNECTION_ERROR", statusCode: null });
      expect(other.error).toMatch(/^tls error: .*altnames/);
    } finally {
      setDefaultCACertificates(before);
    }
  });

  test("may not stall, close or be none", async () => {
    await using stalled = await hostile.startRawReceiver(hostile.neverAnswer);
    await using closing = await hostile.startRawReceiver(hostile.closeAtOnce);
    await using plain = await hostile.startRawReceiver(answer("HTTP/1.1 400 Bad\n\n"));
    const secure = (port: number) => post(`https://127.0.0.1:${port}/`);
    const reply = await secure(stalled.port);
    expect(reply.error).toMatch(timeout);
    expect(reply.elapsedMs).toBeLessThan(timeoutMs + 20_000);
    expect((await secure(closing.port)).error).toMatch(/^tls error: /);
    expect((await secure(plain.port)).error).toMatch(/^tls error: /);
  });
});
