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

/** Emits data whose text JavaScript would change. */
async function emitText(type: string, data: string): Promise<void> {
  const query = "mutation ($input: EmitEventInput!) { emitEvent(input: $input) { event { id } } }";
  const answer = await fetch(`${hub.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${hub.key}`, "content-type": "application/json" },
    body: `{"query":${JSON.stringify(query)},"variables":{"input":{"type":"${type}","data":${data}}}}`,
  });
  expect(await answer.text()).not.toContain("errors");
}

test("data is printed as it was sent: every digit, and every name in its place", async () => {
  const after = await cursor();
  const sent = ['{"n":12345678901234567890,"m":12345678901234567.25,"b":1.0,"1":1e400}', "1.0"];
  for (const data of sent) await emitText("big", data);
  await using tail = cliProcess(hub, "tail", "big", "--after", after);
  await expect.poll(() => tail.lines).toHaveLength(2);
  for (const [index, data] of sent.entries())
    expect(tail.lines[index]).toContain(`"data":${data},`);
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

testWith("script")("on a terminal, too, a number has all of its digits", async () => {
  const after = await cursor();
  await emitText("digits", "12345678901234567.250");
  await using tail = terminalProcess(hub, "tail", "digits", "--after", after);
  await expect.poll(() => tail.lines.join("")).toMatch(/ {2}digits {2}12345678901234567\.250$/);
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
