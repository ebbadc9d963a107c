import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { createInOrder } from "../../src/http/post/inOrder.ts";

const MANY = 100;
const BYTES = 1024 * 1024;

test("what a client sends without reading answers is begun only as it reads, and answered in its order", async () => {
  const body = Buffer.alloc(BYTES);
  const begun: string[] = [];
  await using server = createServer(
    createInOrder((req, res) => {
      begun.push(req.url ?? "");
      res.end(body);
    }),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const open = () => connect(port, "127.0.0.1");
  const client = open();
  const names = Array.from({ length: MANY }, (_, index) => `/${index}`);
  client.write(names.map((name) => `GET ${name} HTTP/1.1\r\nhost: a\r\n\r\n`).join(""));
  await once(client, "readable");
  // Others are answered meanwhile; the system keeps some of the answers of who does not read.
  for (let asked = 0; asked < 20; asked++) {
    await fetch(`http://127.0.0.1:${port}/other`).then((answer) => answer.arrayBuffer());
  }
  const ofTheFirst = () => begun.filter((name) => name !== "/other");
  expect(ofTheFirst().length).toBeLessThan(MANY / 2);
  let read = 0;
  client.on("data", (chunk: Buffer) => {
    read += chunk.length;
  });
  await expect.poll(() => read, { timeout: 20_000 }).toBeGreaterThanOrEqual(MANY * BYTES);
  expect(ofTheFirst()).toEqual(names);
  client.destroy();
});

test("a client that leaves is served no more", async () => {
  const begun: (() => void)[] = [];
  await using server = createServer(
    createInOrder((_req, res) => {
      begun.push(() => res.end("over"));
    }),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(MANY));
  await expect.poll(() => begun.length).toBe(1);
  client.destroy();
  await expect
    .poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count))))
    .toBe(0);
  expect(begun.length).toBe(1);
});
