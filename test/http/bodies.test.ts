import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Frame, startFrame } from "../fixtures/frame.ts";

const MIB = 1024 * 1024;
const SOON = { timeout: 60_000 };
const TOO_LARGE = { code: "REQUEST_TOO_LARGE" };

let frame: Frame;
beforeAll(async () => {
  frame = await startFrame();
});
afterAll(() => frame[Symbol.asyncDispose]());

/** A connection that has sent the head of a POST. */
function opened(...headers: string[]) {
  const socket = connect(frame.port, "127.0.0.1");
  const head = ["POST /graphql HTTP/1.1", "host: a", "content-type: application/json", ...headers];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  return socket;
}

/** Sends all of a body before it reads anything, as many clients do, and gives the answer. */
async function sendFirst(bytes: number, ...headers: string[]): Promise<string> {
  const socket = opened("connection: close", ...headers);
  socket.pause();
  const isChunked = headers.includes("transfer-encoding: chunked");
  const block = Buffer.alloc(MIB / 4, " ");
  for (let sent = 0; sent < bytes; sent += block.length) {
    const part = isChunked ? [`${block.length.toString(16)}\r\n`, block, "\r\n"] : [block];
    for (const piece of part) if (!socket.write(piece)) await once(socket, "drain");
  }
  if (isChunked) socket.write("0\r\n\r\n");
  return text(socket);
}

const key = "authorization: Bearer admin";

test.each([
  ["a little over 4 MiB", 4.25 * MIB, `content-length: ${4.25 * MIB}`],
  ["25 MiB", 25 * MIB, `content-length: ${25 * MIB}`],
  ["4.25 MiB in chunks", 4.25 * MIB, "transfer-encoding: chunked"],
  ["25 MiB in chunks", 25 * MIB, "transfer-encoding: chunked"],
])(
  "a body of %s is answered with 413, also on a connection that then closes",
  async (_, ...request) => {
    const [bytes, header] = request;
    const answer = await sendFirst(bytes, key, header);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    const [, json = ""] = answer.split("\r\n\r\n");
    expect(JSON.parse(json).errors[0]).toMatchObject({
      message: "The body may have at most 4194304 bytes.",
      extensions: TOO_LARGE,
    });
  },
);

test("without a good key nothing of a body is kept, and the answer comes all the same", async () => {
  const answer = await sendFirst(25 * MIB, `content-length: ${25 * MIB}`);
  expect(answer).toMatch(/^HTTP\/1.1 401 /);
});

test("bodies that never end take a project's share of the room, and nothing of the others'", async () => {
  await using stack = new AsyncDisposableStack();
  const answers: string[] = [];
  const sockets = Array.from({ length: 12 }, () => {
    const socket = opened(key, `content-length: ${4 * MIB}`);
    stack.defer(() => void socket.destroy());
    socket.setEncoding("utf8").on("data", (answer: string) => answers.push(answer));
    socket.write(Buffer.alloc(MIB, " "));
    return socket;
  });
  // Of 64 MiB one may have a half: 8 of these.
  await expect.poll(() => answers.length, SOON).toBe(4);
  for (const answer of answers) {
    expect(answer).toMatch(/^HTTP\/1.1 429 [\s\S]*\r\nretry-after: 1\r\n/);
    expect(answer).toContain("Too many bytes of requests: this project has 33554432,");
  }
  const query = { query: "{ __typename }", pad: "x".repeat(2 * MIB) };
  const other = { authorization: "Bearer admin_q" };
  expect((await frame.post(query, other)).status).toBe(200);
  // They have their places again when they are gone.
  for (const socket of sockets) socket.destroy();
  await expect.poll(async () => (await frame.post(query)).status, SOON).toBe(200);
});

test("bodies in chunks take room as they come", async () => {
  await using stack = new AsyncDisposableStack();
  const sockets = Array.from({ length: 8 }, () => {
    const socket = opened(key, "transfer-encoding: chunked");
    stack.defer(() => void socket.destroy());
    socket.write(`${(4 * MIB).toString(16)}\r\n`);
    socket.write(Buffer.alloc(4 * MIB, " "));
    return socket;
  });
  const query = { query: "{ __typename }", pad: "x".repeat(MIB) };
  await expect.poll(async () => (await frame.post(query)).status, SOON).toBe(429);
  for (const socket of sockets) socket.destroy();
  await expect.poll(async () => (await frame.post(query)).status, SOON).toBe(200);
});
