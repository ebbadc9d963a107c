import { afterAll, beforeAll, expect, test } from "vitest";
import { cliProcess, shellProcess, terminalProcess } from "../fixtures/cliProcess.ts";
import { accepted } from "../fixtures/emit.ts";
import { register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { testWith } from "../fixtures/machine.ts";
import { receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
let begin: string;
beforeAll(async () => {
  hub = await testHub();
  begin = await cursor();
});
afterAll(() => hub[Symbol.asyncDispose]());

const cursor = async () => (await hub.run<{ feedCursor: string }>("{ feedCursor }")).feedCursor;

test("tail prints each event of its types as one line of JSON, and goes on after a cursor", async () => {
  const first = await accepted(hub, { type: "order.paid", data: { n: 1 } });
  await accepted(hub, { type: "other" });
  await using tail = cliProcess(hub, "tail", "order.*", "--after", begin);
  await expect.poll(() => tail.lines).toHaveLength(1);
  const second = await accepted(hub, { type: "order.sent", data: { n: 2 } });
  await expect.poll(() => tail.lines).toHaveLength(2);
  const [one, two] = tail.lines.map((line) => JSON.parse(line));
  expect([one.event.id, two.event.id]).toEqual([first.id, second.id]);
  expect(two.event).toMatchObject({ type: "order.sent", data: { n: 2 } });
  tail.kill("SIGINT");
  expect(await tail.exited).toEqual({ code: 0, signal: null });
  expect(tail.stderr).toBe("");
  await using after = cliProcess(hub, "tail", "order.*", "--after", one.cursor);
  await expect.poll(() => after.lines).toEqual([tail.lines[1]]);
});

test("an integer that no double holds is printed with its digits", async () => {
  const after = await cursor();
  await hub.run(
    `mutation { emitEvent(input: { type: "big", data: { n: 12345678901234567890 } }) { event { id } } }`,
  );
  await using tail = cliProcess(hub, "tail", "big", "--after", after);
  await expect.poll(() => tail.lines.join("")).toContain('"data":{"n":12345678901234567890}');
});

test("--deliveries follows what becomes of deliveries, of these types alone", async () => {
  await using target = await receiver();
  await register(hub, { url: target.url, types: ["*"], name: "all" });
  const after = await cursor();
  await using tail = cliProcess(hub, "tail", "--deliveries", "watched", "--after", after);
  await accepted(hub, { type: "unwatched" });
  await accepted(hub, { type: "watched" });
  const states = () =>
    tail.lines
      .map((line) => JSON.parse(line).delivery)
      .map(({ status, event }) => [event.type, status]);
  await expect.poll(states).toEqual([
    ["watched", "PENDING"],
    ["watched", "SUCCEEDED"],
  ]);
});

test("a reader that has had enough ends it without a word", async () => {
  for (const n of [1, 2, 3]) await accepted(hub, { type: "many", data: n });
  await using piped = shellProcess(hub, `signalbox tail many --after ${begin} | head -n 1`);
  // The next line finds no reader.
  await expect.poll(() => piped.lines).toHaveLength(1);
  await accepted(hub, { type: "many" });
  expect(await piped.exited).toEqual({ code: 0, signal: null });
  expect(piped.stderr).toBe("");
});

test("a cursor that is none is told, with exit code 1", async () => {
  await using tail = cliProcess(hub, "tail", "--after", "yesterday");
  expect(await tail.exited).toMatchObject({ code: 1 });
  expect(tail.stderr).toMatch(/not a cursor.*\(CURSOR_EXPIRED\)/);
});

testWith("script")(
  "on a terminal a line is for people, and no longer than the terminal is wide",
  async () => {
    const { id } = await accepted(hub, {
      type: "wide",
      userId: "ann",
      data: "x\u001b[31m".repeat(99),
    });
    await using tail = terminalProcess(hub, "tail", "wide", "--after", begin);
    await expect.poll(() => tail.lines).toHaveLength(1);
    const [line = ""] = tail.lines;
    expect(line).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d\\.\\d{3}  ${id}  wide  ann  "x.*…$`));
    expect([...line]).toHaveLength(120);
    expect(line).not.toContain("\u001b");
  },
);
