import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { newSecret } from "../../src/domain/delivery/signature.ts";
import { createReceiver, signedRequest } from "../../src/receiver/index.ts";

/** A body without an end, and how much of it was read. */
function endless() {
  const state = { chunks: 0, isCancelled: false };
  const pull = (controller: ReadableStreamDefaultController) => {
    state.chunks++;
    controller.enqueue(new Uint8Array(64 * 1024));
  };
  const cancel = () => {
    state.isCancelled = true;
  };
  return { state, body: new ReadableStream({ pull, cancel }, { highWaterMark: 0 }) };
}

test("of a body that cannot be the hub's nothing is read, or at most 2 MiB", async () => {
  const secret = newSecret();
  const { fetch: answer } = createReceiver({ secrets: secret });
  const signed = Object.fromEntries((await signedRequest({ type: "t", data: 1 }, secret)).headers);
  const { "webhook-signature": _, ...unsigned } = signed;
  const read = async (headers: Record<string, string>) => {
    const { state, body } = endless();
    const init = { method: "POST", headers, body, duplex: "half" };
    const { status } = await answer(new Request("http://localhost/", init));
    return { status, ...state };
  };
  const nothing = { chunks: 0, isCancelled: false };
  expect(await read(unsigned)).toEqual({ status: 401, ...nothing });
  expect(await read({ ...signed, "webhook-timestamp": "1" })).toEqual({ status: 400, ...nothing });
  const declared = { ...signed, "content-length": String(2 * 1024 * 1024 + 1) };
  expect(await read(declared)).toEqual({ status: 413, ...nothing });
  expect(await read(signed)).toEqual({ status: 413, chunks: 33, isCancelled: true });
});

test("who sends without an end to node:http is cut off, and the next one is answered", async () => {
  const secret = newSecret();
  const server = createServer(createReceiver({ secrets: secret }).node);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await using _server = {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { headers } = await signedRequest({ type: "t", data: 1 }, secret);
  const sending = request(url, { method: "POST", headers: Object.fromEntries(headers) });
  // It may end while a chunk is on its way.
  sending.on("error", () => {});
  sending.on("response", (answer) => answer.resume());
  const closed = new Promise((resolve) => sending.on("close", resolve));
  const chunk = Buffer.alloc(64 * 1024);
  const fill = () => {
    while (!sending.destroyed && sending.write(chunk));
  };
  sending.on("drain", fill);
  fill();
  await closed;
  const next = await signedRequest({ type: "t", data: 1 }, secret);
  const body = await next.arrayBuffer();
  const { status } = await fetch(url, { method: "POST", headers: next.headers, body });
  expect(status).toBe(200);
});
