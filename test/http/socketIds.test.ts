import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { feed, startFrame } from "../fixtures/frame.ts";
import { openSocket } from "../fixtures/socket.ts";

const watch = "subscription { eventEmitted { event { type } } }";
const emit = (type: string) =>
  `mutation { emitEvent(input: { type: "${type}" }) { event { type } } }`;
const publish = (type: string) => Promise.all([...feed.readers].map((read) => read(type)));

test.each(["1", "__proto__", "constructor", "toString", "hasOwnProperty"])(
  "the id %s used again right after its complete is an operation of its own",
  async (id) => {
    await using frame = await startFrame();
    await using socket = await openSocket(frame.url);
    for (let count = 0; count < 20; count++) {
      socket.subscribe(id, watch);
      socket.send({ id, type: "complete" });
    }
    socket.subscribe(id, "{ viewer { key { role } } }");
    await expect
      .poll(() => socket.got(id))
      .toEqual([
        { id, type: "next", payload: { data: { viewer: { key: { role: "ADMIN" } } } } },
        { id, type: "complete" },
      ]);
    socket.subscribe(id, watch);
    await expect.poll(() => feed.readers.size).toBe(1);
    await publish("b");
    await expect.poll(() => socket.got(id).length).toBe(3);
    socket.send({ id, type: "complete" });
    await expect.poll(() => feed.readers.size).toBe(0);
  },
);

test("an id that is used again is no way round the limit of 50", async () => {
  await using frame = await startFrame();
  await using socket = await openSocket(frame.url);
  for (let count = 0; count < 200; count++) {
    socket.subscribe("same", watch);
    socket.send({ id: "same", type: "complete" });
  }
  for (let id = 0; id < 60; id++) socket.subscribe(`id${id}`, watch);
  await expect
    .poll(() => socket.messages.filter(({ type }) => type === "error").length, { timeout: 10_000 })
    .toBe(10);
  await expect.poll(() => feed.readers.size).toBe(50);
  expect(socket.socket.readyState).toBe(WebSocket.OPEN);
});

test("the 101st operation in flight ends itself, and an id is free when its operation has ended", async () => {
  await using frame = await startFrame();
  await using socket = await openSocket(frame.url);
  for (let id = 1; id <= 101; id++) socket.subscribe(`w${id}`, emit("wait"));
  await expect.poll(() => socket.got("w101")).toMatchObject([{ type: "error" }]);
  await expect.poll(() => feed.waiting).toBe(100);
  socket.send({ id: "w1", type: "complete" });
  socket.subscribe("w101", "{ viewer { keyName } }");
  await expect
    .poll(() => socket.got("w101").map(({ type }) => type))
    .toEqual(["error", "next", "complete"]);
});

test("what a socket waits for ends with its operation, and with the socket", async () => {
  await using frame = await startFrame();
  const socket = await openSocket(frame.url);
  for (const id of ["1", "2", "3"]) socket.subscribe(id, emit("wait"));
  await expect.poll(() => feed.waiting).toBe(3);
  socket.send({ id: "2", type: "complete" });
  await expect.poll(() => feed.waiting).toBe(2);
  socket.socket.terminate();
  await expect.poll(() => feed.waiting).toBe(0);
});

test("an operation that nests too deep is refused by its id, whatever else its message holds", async () => {
  await using frame = await startFrame();
  await using socket = await openSocket(frame.url);
  socket.subscribe("live", watch);
  await expect.poll(() => feed.readers.size).toBe(1);
  const ids = { few: 65, more: 100, 'b"]}{[\\': 2_000, most: 400_000 };
  for (const [id, levels] of Object.entries(ids)) {
    const deep = `["}]",${"[".repeat(levels)}${"]".repeat(levels)}]`;
    socket.send(
      `{"payload":{"variables":{"d":${deep}},"query":"{ viewer { keyName } }"},"x":{},"id":${JSON.stringify(id)},"type":"subscribe"}`,
    );
    await expect
      .poll(() => socket.got(id))
      .toMatchObject([{ type: "error", payload: [{ extensions: { code: "LIMIT_EXCEEDED" } }] }]);
  }
  await publish("a");
  await expect.poll(() => socket.got("live")).toMatchObject([{ type: "next" }]);
});

test("a duplicate id of many bytes closes with its code, though the reason is cut", async () => {
  await using frame = await startFrame();
  await using socket = await openSocket(frame.url);
  const id = "жизнь".repeat(25);
  socket.subscribe(id, watch);
  socket.subscribe(id, watch);
  expect((await socket.closed).code).toBe(4409);
  await expect.poll(() => feed.readers.size).toBe(0);
});
