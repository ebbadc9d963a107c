import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../fixtures/cli.ts";
import { cliProcess, settingsFor } from "../fixtures/cliProcess.ts";
import { register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { sendRaw } from "../fixtures/rawGraphql.ts";
import { receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
let folder: string;
beforeAll(async () => {
  hub = await testHub();
  folder = await mkdtemp(join(tmpdir(), "signalbox-cli-"));
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const on = (...args: string[]) => cli(settingsFor(hub), ...args);
const eventOf = (id: string) =>
  sendRaw(
    hub,
    "query ($id: ID!) { event(id: $id) { type data userId scheduledFor } }",
    `{"id":"${id.trim()}"}`,
  );
const count = async () =>
  (await hub.run<{ events: { nodes: object[] } }>("{ events(first: 100) { nodes { id } } }")).events
    .nodes.length;
const exactData = '{"10":1,"2":12345678901234567890,"d":1.10}';

test("emit prints the event's id alone, and the data keeps its digits and the order of its keys", async () => {
  const { code, stdout, stderr } = await on("emit", "order.paid", exactData, "--user", "ann");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^[\da-f-]{36}\n$/);
  expect(await eventOf(stdout)).toContain(
    `"type":"order.paid","data":${exactData},"userId":"ann","scheduledFor":null`,
  );
});

test("DATA comes from a file or the standard input, and may be absent", async () => {
  const path = join(folder, "data.json");
  await writeFile(path, `${exactData}\n`);
  expect(await eventOf((await on("emit", "a", `@${path}`)).stdout)).toContain(exactData);
  await using piped = cliProcess(hub, "emit", "a", "-");
  piped.type(exactData);
  expect(await piped.exited).toEqual({ code: 0, signal: null });
  expect(await eventOf(piped.lines[0] ?? "")).toContain(exactData);
  expect(await eventOf((await on("emit", "a", "--delay", "3600")).stdout)).toMatch(
    /"data":null,.*"scheduledFor":"/,
  );
});

test("the same idempotency key emits once, and --json says so", async () => {
  const emit = () => on("emit", "a", "1", "--idempotency-key", "one", "--json");
  const [first, second] = [JSON.parse((await emit()).stdout), JSON.parse((await emit()).stdout)];
  expect(first).toMatchObject({ isDuplicate: false, status: "PROCESSED" });
  expect(second).toEqual({ ...first, isDuplicate: true });
  const other = await on("emit", "a", "2", "--idempotency-key", "one");
  expect(other).toMatchObject({ code: 1, stdout: "" });
  expect(other.stderr).toContain("(IDEMPOTENCY_CONFLICT)");
});

test("--wait tells by its exit code whether all deliveries have succeeded", async () => {
  await using target = await receiver();
  await register(hub, { url: target.url, types: ["waited"], retries: 0 });
  expect(await on("emit", "waited", "--wait")).toMatchObject({ code: 0, stderr: "" });
  target.answer = status(500);
  const failed = await on("emit", "waited", "--wait");
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(/^[\da-f-]{36}\n$/);
  expect(failed.stderr).toMatch(/^The event FAILED/);
});

test("a mistake in JSON is told with its place, and nothing is emitted", async () => {
  const before = await count();
  const wrong = [
    ["{amount:1}", 'line 1, column 2: "amount:1}" stands where a name in double quotes or } must'],
    ['{"a":1', "line 1, column 7: the end stands where a comma or } must"],
    ["[1,\n 2\n 3]", 'line 3, column 2: "3]" stands where a comma or ] must'],
    ["hello", 'line 1, column 1: "hello" stands where a value must'],
    ["{} {}", 'line 1, column 4: "{}" stands where the end must'],
    ["", "line 1, column 1: the end stands where a value must"],
  ] as const;
  await Promise.all(
    wrong.map(async ([data, message]) => {
      const result = await on("emit", "a", data);
      expect(result).toMatchObject({ code: 2, stdout: "" });
      expect(result.stderr).toBe(`DATA is not JSON: ${message}.\n`);
    }),
  );
  const missing = await on("emit", "a", "@/nowhere.json");
  expect(missing.code).toBe(2);
  expect(missing.stderr).toMatch(/^\/nowhere.json cannot be read: ENOENT/);
  expect(await count()).toBe(before);
});

test("a call that cannot succeed says what is wrong: 2 for a misuse, 1 for what the hub refuses", async () => {
  const settings = settingsFor(hub);
  const calls = [
    [{ ...settings, SIGNALBOX_KEY: "" }, [], 2, "No API key is given: set SIGNALBOX_KEY"],
    [{ ...settings, SIGNALBOX_KEY: "wrong" }, [], 1, "unknown or has been revoked. (--key"],
    [{ ...settings, SIGNALBOX_URL: "http://127.0.0.1:9" }, [], 1, "cannot be reached: "],
    [
      { ...settings, SIGNALBOX_URL: "nonsense" },
      [],
      2,
      "SIGNALBOX_URL must be the address of a hub",
    ],
    [settings, ["--url", `${hub.url}/graphql`], 2, "--url must be the address of a hub"],
    [settings, ["--url", `${hub.url}/elsewhere`], 1, "is there a hub at this address?"],
    [settings, ["--delay", "-1"], 2, "It must be a number of seconds"],
    [settings, ["--colour", "red"], 2, "unknown option '--colour'"],
    [settings, ["--idempotency-key", "x".repeat(256)], 1, "idempotencyKey"],
  ] as const;
  await Promise.all(
    calls.map(async ([given, args, code, message]) => {
      const result = await cli(given, "emit", "a", "1", ...args);
      expect(result, message).toMatchObject({ code, stdout: "" });
      expect(result.stderr).toContain(message);
    }),
  );
});
