import { watch } from "node:fs";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../fixtures/cli.ts";
import {
  type CliProcess,
  cliProcess,
  settingsFor,
  terminalProcess,
} from "../fixtures/cliProcess.ts";
import { accepted } from "../fixtures/emit.ts";
import { register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { freePort, testWith } from "../fixtures/machine.ts";
import { type Received, type Receiver, receiver, statuses } from "../fixtures/receiver.ts";
import { created, remove, typeWithEvents } from "../fixtures/resources.ts";

let hub: TestHub;
let target: Receiver;
let folder: string;
beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
  folder = await mkdtemp(join(tmpdir(), "signalbox-listen-"));
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const soon = { timeout: 60_000 };
const to = (path: string) => `${target.url}${path}`;
const at = (path: string) => target.requests.filter((request) => request.path === path);
const idOf = ({ headers }: Received) => headers["webhook-id"];

/** Starts `listen`, and waits until it follows. */
async function listen(...args: string[]): Promise<{ run: CliProcess; secret: string }> {
  const run = cliProcess(hub, "listen", ...args);
  await expect.poll(() => run.lines.length + run.stderr.length, soon).toBeGreaterThan(0);
  expect(run.stderr).toBe("");
  return { run, secret: JSON.parse(run.lines[0] ?? "").secret };
}

const outcomes = ({ lines }: CliProcess) =>
  lines
    .slice(1)
    .map((line) => JSON.parse(line))
    .map(({ outcome, status }) => [outcome, status]);

test.each(["CLOUD_EVENT", "CLOUD_EVENT_STRUCTURED", "CLOUD_EVENT_BINARY", "EVENT", "DATA"])(
  "what is forwarded as %s is byte for byte what a hook of that format gets, under the same headers",
  async (format) => {
    const type = `same.${format}`;
    await register(hub, { url: to(`/hook/${format}`), types: [type], format });
    const path = `/listen/${format}`;
    await using listening = (await listen(type, "--forward-to", to(path), "--format", format)).run;
    const subject = { type: "order", id: "zwölf" };
    const data = { "10": 1, amount: 1e21, ключ: "\u0000", d: 1.5 };
    await accepted(hub, { type, data, userId: "ännchen", contextId: "c 1", subject });
    await expect.poll(() => at(path), soon).toHaveLength(1);
    await expect.poll(() => at(`/hook/${format}`), soon).toHaveLength(1);
    const [[mine], [hooks]] = [at(path), at(`/hook/${format}`)];
    expect(mine?.body).toBe(hooks?.body);
    const own = { "webhook-timestamp": "", "webhook-signature": "", "signalbox-delivery-id": "" };
    if (format === "DATA") Object.assign(own, { "svix-timestamp": "", "svix-signature": "" });
    expect({ ...mine?.headers, ...own }).toEqual({ ...hooks?.headers, ...own });
    expect(Object.keys(mine?.headers ?? {})).toEqual(Object.keys(hooks?.headers ?? {}));
    await expect.poll(() => outcomes(listening)).toEqual([["DELIVERED", 200]]);
  },
);

test("as RESOURCE comes the resource itself, also the last state of one that was deleted", async () => {
  await typeWithEvents(hub);
  const types = ["ticketsCreated", "ticketsDeleted"];
  const { run } = await listen(...types, "--forward-to", to("/resource"), "--format", "RESOURCE");
  await using _run = run;
  await created(hub, { type: "tickets", resourceId: "7", attributes: { name: "ü" } });
  await expect.poll(() => at("/resource"), soon).toHaveLength(1);
  await remove(hub, "tickets", "7");
  await expect.poll(() => at("/resource"), soon).toHaveLength(2);
  const body = '{"tickets":[{"id":"7","name":"ü"}]}';
  expect(at("/resource").map((request) => request.body)).toEqual([body, body]);
  const wrong = ["listen", "*", "--forward-to", target.url, "--format", "RESOURCE"];
  expect((await cli(settingsFor(hub), ...wrong)).code).toBe(1);
});

test("the secret that it prints verifies, and is the same when it starts again", async () => {
  const first = await listen("signed", "--forward-to", to("/signed"));
  await accepted(hub, { type: "signed", data: { a: 1 } });
  await expect.poll(() => at("/signed"), soon).toHaveLength(1);
  const [{ body, headers } = { body: "", headers: {} }] = at("/signed");
  expect(() =>
    new Webhook(first.secret).verify(body, headers as Record<string, string>),
  ).not.toThrow();
  first.run.kill("SIGINT");
  expect(await first.run.exited).toEqual({ code: 0, signal: null });
  const again = await listen("signed", "--forward-to", to("/signed"));
  await using _again = again.run;
  expect(again.secret).toBe(first.secret);
});

test("events come in order, one at a time; one that is answered otherwise than 2xx holds up the others until it is", async () => {
  await using own = await receiver();
  const { run } = await listen("order.*", "--forward-to", own.url);
  await using _run = run;
  own.answer = statuses(500, 302, 200);
  const ids: string[] = [];
  for (const n of [1, 2, 3]) ids.push((await accepted(hub, { type: "order.paid", data: n })).id);
  await accepted(hub, { type: "orders" });
  await expect
    .poll(() => outcomes(run), soon)
    .toEqual([
      ["RETRYING", 500],
      ["RETRYING", 302],
      ["DELIVERED", 200],
      ["DELIVERED", 200],
      ["DELIVERED", 200],
    ]);
  expect(own.requests.map(idOf)).toEqual([ids[0], ids[0], ids[0], ids[1], ids[2]]);
  expect(own.requests.map(({ headers }) => headers["signalbox-attempt"])).toEqual([
    "1",
    "2",
    "3",
    "1",
    "1",
  ]);
  expect(own.mostOpen).toBe(1);
});

test("an unreachable target counts as not 2xx: after its retries it goes on, and says so", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const { run } = await listen("lost", "--forward-to", url, "--retries", "1");
  await using _run = run;
  await accepted(hub, { type: "lost" });
  await accepted(hub, { type: "lost" });
  await expect
    .poll(() => outcomes(run), soon)
    .toEqual([
      ["RETRYING", null],
      ["GAVE_UP", null],
      ["RETRYING", null],
      ["GAVE_UP", null],
    ]);
  expect(run.lines[2]).toMatch(/"attempt":2,.*ECONNREFUSED|refused/);
});

test("--filter takes what a hook's filter takes, and a scheduled event comes when it is due", async () => {
  const filter = "event.data.amount > 10 && event.userId == 'ann'";
  const { run } = await listen("some", "--forward-to", to("/some"), "--filter", filter);
  await using _run = run;
  const emit = (amount: number, delay = 0) =>
    accepted(hub, { type: "some", data: { amount }, userId: "ann", delay });
  const late = await emit(11, 0.5);
  await emit(10);
  const now = await emit(12);
  await expect.poll(() => at("/some").map(idOf), soon).toEqual([now.id, late.id]);
});

test("with a cursor file it continues after a kill -9, and sends again at most the event in flight", async () => {
  await using own = await receiver((_request, response) => {
    // The second is in flight when the process is killed.
    if (own.requests.length !== 2) response.end("ok");
  });
  const file = join(folder, "cursor");
  const args = ["kept", "--forward-to", own.url, "--cursor-file", file];
  const first = await listen(...args);
  const ids: string[] = [];
  for (const n of [1, 2, 3]) ids.push((await accepted(hub, { type: "kept", data: n })).id);
  await expect.poll(() => own.requests.length, soon).toBe(2);
  first.run.kill("SIGKILL");
  await first.run.exited;
  ids.push((await accepted(hub, { type: "kept", data: 4 })).id);
  const second = await listen(...args);
  await using _second = second.run;
  await expect.poll(() => own.requests.length, soon).toBe(5);
  expect(own.requests.map(idOf)).toEqual([ids[0], ids[1], ids[1], ids[2], ids[3]]);
  await expect.poll(() => second.run.lines.length, soon).toBe(4);
  second.run.kill("SIGTERM");
  expect(await second.run.exited).toEqual({ code: 0, signal: null });
  const cursor = JSON.parse(second.run.lines.at(-1) ?? "").cursor;
  expect(await readFile(file, "utf8")).toBe(`${cursor}\n`);
  expect(await readdir(folder)).toEqual(["cursor"]);
});

test("a disk that is full while it listens ends it with a sentence and exit code 1", async () => {
  const file = join(folder, "full");
  const { run } = await listen("full", "--forward-to", to("/full"), "--cursor-file", file);
  await using _run = run;
  const before = await readFile(file, "utf8");
  await symlink("/dev/full", `${file}.tmp`);
  await accepted(hub, { type: "full" });
  expect(await run.exited).toEqual({ code: 1, signal: null });
  expect(run.stderr).toMatch(/^The cursor file cannot be written: ENOSPC.*sends again.*\n$/);
  expect(await readFile(file, "utf8")).toBe(before);
});

test("events that are only skipped move the cursor together", async () => {
  const own = await mkdtemp(join(folder, "skipped-"));
  const file = join(own, "cursor");
  const args = ["--forward-to", to("/skipped"), "--filter", "event.data.n < 0"];
  const { run } = await listen("skipped", ...args, "--cursor-file", file);
  await using _run = run;
  const before = await readFile(file, "utf8");
  let writes = 0;
  const watcher = watch(own, () => void writes++);
  const input = Array.from({ length: 300 }, (_, n) => ({ type: "skipped", data: { n } }));
  await hub.run(
    "mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { events { id } } }",
    { input },
  );
  const last = await accepted(hub, { type: "skipped", data: { n: -1 } });
  await expect.poll(() => at("/skipped").map(idOf), soon).toEqual([last.id]);
  await expect.poll(() => readFile(file, "utf8"), soon).not.toBe(before);
  watcher.close();
  expect(writes).toBeLessThan(300);
});

test("Ctrl-C waits for the answer that is on its way", async () => {
  let answer = () => {};
  await using own = await receiver((_request, response) => {
    answer = () => response.end("ok");
  });
  const file = join(folder, "interrupted");
  const { run } = await listen("slow", "--forward-to", own.url, "--cursor-file", file);
  await accepted(hub, { type: "slow" });
  await expect.poll(() => own.requests.length, soon).toBe(1);
  const before = await readFile(file, "utf8");
  run.kill("SIGINT");
  answer();
  expect(await run.exited).toEqual({ code: 0, signal: null });
  expect(outcomes(run)).toEqual([["DELIVERED", 200]]);
  expect(await readFile(file, "utf8")).not.toBe(before);
});

test("what it cannot begin with is told at once", async () => {
  const on = (...args: string[]) => cli(settingsFor(hub), "listen", ...args);
  const empty = join(folder, "empty");
  await writeFile(empty, "");
  const foreign = join(folder, "foreign");
  await writeFile(foreign, `${Buffer.from("feed:999999999").toString("base64url")}\n`);
  const wrong = [
    [[], 2, "required option '--forward-to <URL>'"],
    [["--forward-to", "localhost:3000"], 2, "url"],
    [["--forward-to", target.url, "--filter", "event.data.amount >"], 1, "(FILTER_INVALID)"],
    [["--forward-to", target.url, "--format", "XML"], 1, "HookFormat"],
    [["--forward-to", target.url, "--retries", "some"], 2, "whole number from 0 to 1000"],
    [["--forward-to", target.url, "--cursor-file", empty], 2, "is empty"],
    [["--forward-to", target.url, "--cursor-file", "/nowhere/cursor"], 2, "cannot be written"],
    [["--forward-to", target.url, "--cursor-file", foreign], 1, "(CURSOR_EXPIRED)"],
    [["", "--forward-to", target.url], 1, "types"],
  ] as const;
  await Promise.all(
    wrong.map(async ([args, code, message]) => {
      const result = await on(...args);
      expect([result.code, result.stderr], message).toEqual([
        code,
        expect.stringContaining(message),
      ]);
    }),
  );
});

testWith("script")("on a terminal it tells in words what it does", async () => {
  await using own = await receiver(statuses(503, 200));
  await using run = terminalProcess(hub, "listen", "told", "--forward-to", own.url);
  await expect.poll(() => run.lines, soon).toHaveLength(2);
  expect(run.lines[0]).toBe(`Forwarding told to ${own.url} as CLOUD_EVENT. Ctrl-C ends it.`);
  expect(run.lines[1]).toMatch(/^Signing secret: whsec_[A-Za-z0-9+/]{43}=$/);
  const { id } = await accepted(hub, { type: "told" });
  await expect.poll(() => run.lines, soon).toHaveLength(4);
  expect(run.lines[2]).toMatch(
    new RegExp(`^\\d\\d:\\d\\d:\\d\\d  told  ${id}  503 in \\d+ ms; try 2 in \\d\\.\\d s$`),
  );
  expect(run.lines[3]).toMatch(new RegExp(`  told  ${id}  200 in \\d+ ms$`));
});
