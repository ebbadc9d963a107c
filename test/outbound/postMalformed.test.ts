import type { Socket } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { createGuard } from "../../src/outbound/address/addressGuard.ts";
import { createPoster } from "../../src/outbound/call/post.ts";
import { type Behaviour, endlessHeaders, startRawReceiver } from "../fixtures/hostile.ts";

const guard = createGuard({ allow: ["127.0.0.0/8"] });
const poster = createPoster({ guard, userAgent: "signalbox/test", requireHttps: false });
afterAll(() => poster[Symbol.asyncDispose]());

const post = (url: string) => poster.post({ url, headers: {}, body: "{}", timeoutMs: 5_000 });
const ends = (text: string) => text.replaceAll("\n", "\r\n");
/** Answers with the bytes as they are, all at once or byte by byte, and ends the connection if told so. */
const bytes =
  (text: string, { slowly = false, end = false } = {}): Behaviour =>
  (socket: Socket) =>
    socket.once("data", async () => {
      if (!slowly) socket.write(Buffer.from(text, "latin1"));
      for (const byte of slowly ? Buffer.from(text, "latin1") : []) {
        await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
        await new Promise(setImmediate);
      }
      if (end) socket.end();
    });

const ok = "HTTP/1.1 200 OK\n";
const lenient: [string, string, { end: boolean }?][] = [
  ["two equal lengths", ends(`${ok}Content-Length: 2\ncontent-length: 2\n\nok`)],
  ["three equal lengths in one", ends(`${ok}Content-Length: 2, 2,2\n\nok`)],
  [
    "a length beside chunks",
    ends(`${ok}Content-Length: 9\nTransfer-Encoding: chunked\n\n2\nok\n0\n\n`),
  ],
  [
    "chunks before a length",
    ends(`${ok}Transfer-Encoding: Chunked\nContent-Length: 2\n\n2\nok\n0\n\n`),
  ],
  ["a folded header", ends(`${ok}X-Long: a\n b\n\tc\nContent-Length: 2\n\nok`)],
  ["bare line feeds", `${ok}X-A: 1\nContent-Length: 2\n\nok`],
  ["some bare line feeds", `HTTP/1.1 200 OK\nX-A: 1\r\nContent-Length: 2\r\n\nok`],
  ["a blank before a colon", ends(`${ok}X-A : 1\nContent-Length\t: 2\n\nok`)],
  ["no reason", ends("HTTP/1.1 200\nContent-Length: 2\n\nok")],
  ["an empty reason", ends("HTTP/1.1 200 \nContent-Length: 2\n\nok")],
  [
    "a reason in lower case and Latin-1",
    ends("HTTP/1.1 200 d'accord\xe9\nContent-Length: 2\n\nok"),
  ],
  ["two blanks in the status line", ends("HTTP/1.1  200  OK\nContent-Length: 2\n\nok")],
  ["blank lines before it", ends(`\n\n${ok}Content-Length: 2\n\nok`)],
  ["a line that is no header", ends(`${ok}nonsense\nX Y: 1\n: 2\nContent-Length: 2\n\nok`)],
  ["control characters", ends(`${ok}X-A: a\0b\x01\x7f\nContent-Length: 2\n\nok`)],
  ["an unasked 100 before it", ends(`HTTP/1.1 100 Continue\n\n${ok}Content-Length: 2\n\nok`)],
  ["early hints", ends(`HTTP/1.1 103 Early Hints\nLink: <a>\n\n${ok}Content-Length: 2\n\nok`)],
  ["more than it says", ends(`${ok}Content-Length: 2\n\nok and more`)],
  ["a second answer", ends(`${ok}Content-Length: 2\n\nokHTTP/1.1 500 No\nContent-Length: 0\n\n`)],
  ["no length in HTTP/1.0", ends("HTTP/1.0 200 OK\n\nok"), { end: true }],
  ["no length", ends(`${ok}Connection: close\n\nok`), { end: true }],
  ["HTTP/1.0 by bare line feeds", "HTTP/1.0 200 ok\n\nok", { end: true }],
  [
    "an offer of another protocol",
    ends(`${ok}Upgrade: h2\nConnection: upgrade\nContent-Length: 2\n\nok`),
  ],
];

describe("an answer that other clients take is taken", () => {
  test.each(lenient)("with %s", async (_name, text, { end } = { end: false }) => {
    for (const slowly of [false, true]) {
      await using target = await startRawReceiver(bytes(text, { slowly, end }));
      expect(await post(target.url)).toMatchObject({
        outcome: "SUCCESS",
        statusCode: 200,
        error: null,
        responseBody: "ok",
        responseTruncated: false,
      });
    }
  });

  test("with its headers as they were meant", async () => {
    const text = `${ok}X-Long : a\n  b\nX-Bad: a\0b\nContent-Length: 2\n\nok`;
    await using target = await startRawReceiver(bytes(text));
    const { responseHeaders } = await post(target.url);
    expect(responseHeaders).toEqual({ "x-long": "a b", "x-bad": "a b", "content-length": "2" });
  });

  test("but its connection is not used again", async () => {
    const answers =
      (text: string): Behaviour =>
      (socket) =>
        socket.on("data", () => socket.write(text));
    await using clean = await startRawReceiver(
      answers(ends(`${ok}X-A:1\nContent-Length: 2\n\nok`)),
    );
    await using careless = await startRawReceiver(answers(`${ok}Content-Length: 2\n\nok`));
    const opens = async () => {
      const before = clean.connections();
      expect((await post(clean.url)).outcome).toBe("SUCCESS");
      return clean.connections() - before;
    };
    for (let i = 0; i < 3; i++) {
      expect((await post(careless.url)).outcome).toBe("SUCCESS");
      // An honest connection is given back once it has stayed open for a moment: time enough for the other, too.
      await expect.poll(opens, { timeout: 15_000 }).toBe(0);
    }
    expect(careless.connections()).toBe(3);
  });
});

describe("an answer that nobody can read counts by its status, with the reason", () => {
  const unreadable: [string, string][] = [
    ["different lengths", ends("Content-Length: 2\nContent-Length: 5\n\nok")],
    ["a length that is no number", ends("Content-Length: two\n\nok")],
    ["a header over 16 KiB", ends(`X-Big: ${"a".repeat(20_000)}\n\n`)],
  ];

  test.each(unreadable)("with %s", async (_name, rest) => {
    for (const [status, outcome, error] of [
      ["200 OK", "SUCCESS", /^http error: /],
      ["503 Busy", "RESPONSE_ERROR", /^status 503; http error: /],
      ["302 Found", "RESPONSE_ERROR", /^redirect not followed: 302; http error: /],
    ] as const) {
      await using target = await startRawReceiver(bytes(`HTTP/1.1 ${status}\r\n${rest}`));
      expect(await post(target.url)).toMatchObject({
        outcome,
        statusCode: Number.parseInt(status, 10),
        error: expect.stringMatching(error),
        responseTruncated: true,
      });
    }
  });

  test("with headers that do not end before the connection does", async () => {
    for (const rest of ["", "Content-Length: 2\r\n", "X-A: 1"]) {
      const text = `HTTP/1.1 200 OK\r\n${rest}`;
      await using target = await startRawReceiver(bytes(text, { end: true }));
      expect(await post(target.url)).toMatchObject({
        outcome: "SUCCESS",
        statusCode: 200,
        error: "http error: malformed response (its headers do not end)",
      });
    }
    await using target = await startRawReceiver(bytes("HTTP/1.1 20", { end: true }));
    expect(await post(target.url)).toMatchObject({ outcome: "CONNECTION_ERROR", statusCode: null });
  });

  test("with headers for ever", async () => {
    await using target = await startRawReceiver(endlessHeaders);
    expect(await post(target.url)).toMatchObject({
      outcome: "SUCCESS",
      statusCode: 200,
      error: "http error: response headers over 16 KiB",
    });
  });

  test.each([
    ["garbage", "garbage garbage\r\n\r\n"],
    ["another protocol", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["HTTP/2", "HTTP/2 200\r\n\r\n"],
    ["a change of protocol", "HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"],
  ])("and %s has none", async (_name, text) => {
    await using target = await startRawReceiver(bytes(text));
    expect(await post(target.url)).toMatchObject({
      outcome: "CONNECTION_ERROR",
      statusCode: null,
      error: expect.stringMatching(/^http error: malformed response \(.+\)$/),
    });
  });
});
