import { afterAll, beforeAll, expect, test } from "vitest";
import { type Frame, feed, startFrame } from "../fixtures/frame.ts";
import { openSocket } from "../fixtures/socket.ts";

let frame: Frame;
beforeAll(async () => {
  frame = await startFrame();
});
afterAll(async () => {
  await frame[Symbol.asyncDispose]();
});

const emit = (data: string) =>
  `mutation { emitEvent(input: { type: "a", data: ${data} }) { isDuplicate } }`;
const lists = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

const deep: [string, string][] = [
  ["a list", emit(lists(900))],
  ["a list that is never closed", emit("[".repeat(1_980))],
  ["an object", emit("{a:".repeat(600) + 1 + "}".repeat(600))],
  ["lists and objects in turn", emit("[{a:".repeat(300) + 1 + "}]".repeat(300))],
  ["selection sets", "{ a ".repeat(900)],
  ["inline fragments", `${"{ ... ".repeat(400)}{ __typename }${"}".repeat(400)}`],
  ["parentheses", `{ viewer ${"(".repeat(1_900)}`],
  ["a default value", `query ($d: JSON = ${lists(900)}) { viewer { keyName } }`],
  ["a list type", `query ($d: ${"[".repeat(900)}Int${"]".repeat(900)}) { viewer { keyName } }`],
  ["a directive's argument", `{ viewer { keyName @skip(if: ${lists(900)}) } }`],
  ["a directive of a fragment", `{ ...f } fragment f on Query @a(b: ${lists(900)}) { __typename }`],
  ["101 brackets", `${"{ ... ".repeat(100)}{ __typename }${"}".repeat(100)}`],
];

test.each(deep)("%s nested too deep is its operation's error by every door", async (_, query) => {
  for (const accept of ["application/json", "text/event-stream"]) {
    const response = await frame.post({ query }, { accept });
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { extensions: unknown }[] };
    expect(errors).toMatchObject([
      {
        message: "Brackets in each other: at most 100, got more.",
        extensions: { code: "LIMIT_EXCEEDED" },
      },
    ]);
  }
  await using socket = await openSocket(frame.url);
  socket.subscribe("live", "subscription { eventEmitted { event { type } } }");
  await expect.poll(() => feed.readers.size).toBe(1);
  socket.subscribe("deep", query);
  await expect
    .poll(() => socket.got("deep"))
    .toMatchObject([{ type: "error", payload: [{ extensions: { code: "LIMIT_EXCEEDED" } }] }]);
  for (const read of feed.readers) await read("a");
  await expect.poll(() => socket.got("live")).toMatchObject([{ type: "next" }]);
});

test.each([
  ["a string", `{ viewer { keyName @skip(if: false) } event(id: "${"[".repeat(2_000)}") { id } }`],
  ["a block string", `{ event(id: """${'[{("'.repeat(900)}\\""" [[[""") { id } }`],
  ["a comment", `{ viewer { keyName } } # ${"[{(".repeat(3_000)}`],
  ["a comment that quotes", `# """ "\n{ viewer { keyName } } # ${"[".repeat(3_000)}`],
  ["brackets beside each other", `{ ${"viewer { keyName } ".repeat(20)} }`],
  ["the deepest value", emit(lists(63))],
])("%s does not count as nesting", async (_, query) => {
  const response = await frame.post({ query });
  expect(response.status, await response.text()).toBe(200);
});
