import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../fixtures/cli.ts";
import { cliOf } from "../fixtures/cliObjects.ts";
import { settingsFor, terminalProcess } from "../fixtures/cliProcess.ts";
import { accepted } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { testWith } from "../fixtures/machine.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const since = "2020-01-01";
const { on, objects, only } = cliOf(() => hub);

test("a hook is created, found by name and id, changed, paused, resumed, and deleted", async () => {
  const create = ["hook", "create", target.url, "order.paid", "order.*", "--name", "books"];
  const settings = ["--retries", "1", "--retry-schedule-ms", "100,200", "--header", "x-team: a: b"];
  settings.push("--final-statuses", "413,422", "--disable-after", "100,0.5");
  const made = await only(...create, ...settings, "--filter", "event.data.n > 1");
  expect(made).toMatchObject({
    name: "books",
    types: ["order.paid", "order.*"],
    retries: 1,
    retryScheduleMs: [100, 200],
    headers: { "x-team": "[redacted]" },
    finalStatuses: [413, 422],
    disableAfter: { failures: 100, hours: 0.5 },
    health: "HEALTHY",
    filter: "event.data.n > 1",
    secret: expect.stringMatching(/^whsec_/),
  });
  const id = String(made.id);
  expect(await only("hook", "get", "books")).toMatchObject({ id, status: "ACTIVE" });
  expect((await objects("hook", "list", "--type", "order.paid")).map((hook) => hook.id)).toEqual([
    id,
  ]);
  const change = [
    "--name",
    "ledger",
    "--types",
    "order.paid",
    "--filter",
    "",
    "--retry-schedule-ms",
    "",
    "--final-statuses",
    "",
    "--disable-after",
    "",
  ];
  expect(await only("hook", "update", id, ...change)).toMatchObject({
    name: "ledger",
    types: ["order.paid"],
    filter: null,
    retryScheduleMs: null,
    retries: 1,
    finalStatuses: [],
    disableAfter: null,
  });
  expect((await on("hook", "update", id, "--disable-after", "100")).code).toBe(2);
  expect(await only("hook", "pause", "ledger")).toMatchObject({ status: "PAUSED" });
  expect(await objects("hook", "list", "--status", "ACTIVE")).toEqual([]);
  expect(await only("hook", "resume", id)).toMatchObject({ status: "ACTIVE" });
  expect(await only("hook", "enable", id)).toMatchObject({ status: "ACTIVE" });
  const { secret } = await only("hook", "rotate-secret", "ledger", "--overlap-hours", "1");
  expect(secret).toMatch(/^whsec_/);
  expect(secret).not.toBe(made.secret);
  expect(await only("hook", "delete", "ledger")).toMatchObject({ id, status: "DELETED" });
});

test("how a hook authenticates is read from a file, shown without the secret, and taken away", async () => {
  const folder = await mkdtemp(join(tmpdir(), "auth-"));
  const file = join(folder, "auth.json");
  const oauth2 = { tokenUrl: target.url, clientId: "hub", clientSecret: "open sesame" };
  await writeFile(file, JSON.stringify({ oauth2 }));
  try {
    const create = ["hook", "create", target.url, "a"];
    const made = await only(...create, "--auth", file);
    const { clientSecret, ...shown } = oauth2;
    expect(made).toMatchObject({ auth: { oauth2: shown, mtls: null, ca: null } });
    expect(JSON.stringify(made)).not.toContain(clientSecret);
    expect(await only("hook", "update", String(made.id), "--auth", "")).toMatchObject({
      auth: null,
    });
    for (const wrong of [join(folder, "none.json"), folder])
      expect(await on(...create, "--auth", wrong)).toMatchObject({
        ...{ code: 2, stderr: expect.stringContaining("cannot be read") },
      });
    await writeFile(file, "{");
    expect(await on(...create, "--auth", file)).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining("holds no JSON") },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the empty text takes each optional setting of a hook away", async () => {
  const given = ["--rate-limit", "5", "--header", "x-team: a", "--unsubscribe-on", "410,404"];
  const name = ["--name", "rich"];
  expect(await only("hook", "create", target.url, "rich", ...name, ...given)).toMatchObject({
    rateLimitPerSecond: 5,
    headers: { "x-team": "[redacted]" },
    unsubscribeOn: [410, 404],
  });
  const away = ["--rate-limit", "", "--header", "", "--unsubscribe-on", "", "--user", ""];
  expect(await only("hook", "update", "rich", ...away)).toMatchObject({
    rateLimitPerSecond: null,
    headers: {},
    unsubscribeOn: [],
    userId: null,
  });
});

test("an unknown hook is told with the one that may be meant, and none of several is changed", async () => {
  await only("hook", "create", target.url, "a", "--name", "invoices");
  const typo = await on("hook", "pause", "invoices", "invoicse");
  expect(typo).toMatchObject({
    code: 1,
    stdout: "",
    stderr: 'There is no hook "invoicse": is "invoices" meant?\n',
  });
  expect(await only("hook", "get", "invoices")).toMatchObject({ status: "ACTIVE" });
  expect((await on("trigger", "quite-other")).stderr).toBe(
    'There is no hook "quite-other" (hook list)\n',
  );
  const nothing = await on("hook", "update", "invoices");
  expect(nothing).toMatchObject({ code: 2, stdout: "" });
  expect(nothing.stderr).toContain("Nothing is to be changed");
  expect(await on("hook", "create", target.url, "a", "--retries", "")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("It must be a whole number"),
  });
  const tooMuch = ["--retries", "21", "--max-in-flight", "257", "--rate-limit", "10001"];
  const refused = await on("hook", "create", target.url, "a", ...tooMuch);
  expect(refused.code).toBe(1);
  for (const name of ["retries", "maxInFlight", "rateLimitPerSecond"])
    expect(refused.stderr).toMatch(new RegExp(`${name}.*\\(INVALID\\)`));
  expect(await on("hook", "create", "ftp://x", "a")).toMatchObject({ code: 1 });
});

test("trigger emits a hook's type by hand; deliveries are listed, shown with their attempts, and retried", async () => {
  await only("hook", "create", `${target.url}/tried`, "tried", "--name", "tried", "--retries", "0");
  target.answer = status(500);
  const failed = await on("trigger", "tried", '{"n":1}', "--wait");
  expect(failed.code).toBe(1);
  const event = failed.stdout.trim();
  const delivery = await only("deliveries", "--event", event);
  expect(delivery).toMatchObject({ status: "FAILED", event: { id: event, type: "tried" } });
  const id = String(delivery.id);
  expect(await only("deliveries", "list", "--hook", "tried", "--status", "FAILED")).toEqual(
    delivery,
  );
  const narrowed = ["--type", "tri.*", "tried", "--search", '"n":1', "--status-code", "404", "500"];
  narrowed.push("--error", "STATUS 500", "--hook", "tried");
  expect(await only("deliveries", "list", ...narrowed)).toEqual(delivery);
  expect(await objects("deliveries", "list", ...narrowed, "--user", "nobody")).toEqual([]);
  expect(
    await only("replay", "tried", "--since", since, ...narrowed.slice(0, -2), "--dry-run"),
  ).toEqual({ matched: 1 });
  expect((await on("deliveries", "list", "--status-code", "99")).code).toBe(2);
  expect(await only("deliveries", "get", id)).toMatchObject({
    requestBody: expect.stringContaining('"data":{"n":1}'),
    attempts: [{ number: 1, statusCode: 500, responseBody: "status 500" }],
  });
  target.answer = status(200);
  expect(await only("deliveries", "retry", id)).toMatchObject({ id });
  await expect
    .poll(async () => (await only("deliveries", "get", id)).status, { timeout: 60_000 })
    .toBe("SUCCEEDED");
  const unknown = await on("deliveries", "get", event);
  expect(unknown).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("There is no delivery"),
  });
});

test("a replay's progress is asked for again over a restart and a limit; a hub that dies while it answers is told", async () => {
  let asked = 0;
  await using door = await receiver(async ({ body }, response) => {
    const isState = body.includes("replay(id:");
    if (isState && ++asked === 1) return void response.writeHead(503).end("starting");
    if (isState && asked === 2) return void response.writeHead(429, { "retry-after": "0" }).end();
    if (isState && asked === 3) return void response.destroy();
    const answer = await fetch(`${hub.url}/graphql`, {
      ...{ method: "POST", body },
      headers: { authorization: `Bearer ${hub.key}`, "content-type": "application/json" },
    });
    response.writeHead(answer.status).end(await answer.text());
  });
  await only("hook", "create", `${target.url}/restart`, "restart", "--name", "restart");
  await accepted(hub, { type: "restart", data: 1, waitMs: 15_000 });
  const there = { ...settingsFor(hub), SIGNALBOX_URL: door.url };
  expect(await cli(there, "replay", "restart", "--since", since)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('"status":"DONE"'),
  });
  expect(asked).toBeGreaterThanOrEqual(4);

  door.answer = (_request, response) => {
    response.writeHead(200, { "content-length": "100" }).write('{"data":');
    setImmediate(() => response.destroy());
  };
  const dead = await cli(there, "hook", "list");
  expect(dead).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^The hub at .*reached: .*\n$/),
  });
});

testWith("script")(
  "replay counts first, then sends again what matches; a bar shows on a terminal",
  async () => {
    await only(
      "hook",
      "create",
      `${target.url}/again`,
      "again",
      "--name",
      "again",
      "--retries",
      "0",
    );
    target.answer = status(500);
    for (const n of [1, 2, 3]) await accepted(hub, { type: "again", data: n, waitMs: 15_000 });
    target.answer = status(200);
    const call = ["replay", "again", "--since", since, "--status", "FAILED"];
    expect(await only(...call, "--dry-run")).toEqual({ matched: 3 });
    await using terminal = terminalProcess(hub, ...call);
    expect(await terminal.exited).toMatchObject({ code: 0 });
    const shown = terminal.lines.join("\n");
    expect(shown).toMatch(/^3 deliveries match\.\n/);
    expect(shown).toMatch(/\[#{30}\] 3 of 3\n/);
    expect(shown).toMatch(/\nstatus +DONE\n/);
    await expect
      .poll(() => target.requests.filter(({ path }) => path === "/again"), { timeout: 60_000 })
      .toHaveLength(6);
    const none = await on(...call);
    expect(none).toMatchObject({
      code: 0,
      stdout: '{"matched":0}\n',
      stderr: "0 deliveries match.\n",
    });
    const chosen = (await objects("deliveries", "list", "--hook", "again")).slice(1);
    const ids = chosen.map(({ id }) => String(id));
    const again = await on("replay", "--delivery", ...ids);
    expect(JSON.parse(again.stdout)).toMatchObject({ matched: 2, created: 2 });
    await expect
      .poll(() => target.requests.filter(({ path }) => path === "/again"), { timeout: 60_000 })
      .toHaveLength(8);
    expect((await on("replay", "again")).stderr).toContain("needs --since TIME");
    expect((await on("replay", "--since", "yesterday")).code).toBe(2);
  },
);

testWith("script")(
  "on a terminal rows are a table; with --json one object a line there, too",
  async () => {
    await only("hook", "create", `${target.url}/table`, "table.*", "--name", "Tabelle ✓");
    await using table = terminalProcess(hub, "hook", "list", "--search", "table");
    expect(await table.exited).toMatchObject({ code: 0 });
    expect(table.lines[0]).toMatch(
      /^ID +NAME +STATUS +HEALTH +TYPES +FORMAT +SUCCEEDED +FAILED +WAITING +URL$/,
    );
    expect(table.lines[1]).toMatch(/^[\da-f-]{36} {2}Tabelle ✓ {2}ACTIVE {2}HEALTHY {2}table\.\* /);
    await using json = terminalProcess(hub, "hook", "list", "--search", "table", "--json");
    await json.exited;
    expect(json.lines.map((line) => JSON.parse(line))).toMatchObject([{ name: "Tabelle ✓" }]);
    await using one = terminalProcess(hub, "hook", "get", "Tabelle ✓");
    await one.exited;
    expect(one.lines).toContainEqual(expect.stringMatching(/^status +ACTIVE$/));
  },
);

test("hook backfill counts first, then sends a hook what it never got", async () => {
  await accepted(hub, { type: "filled", waitMs: 15_000 });
  await only("hook", "create", target.url, "filled", "--name", "filled");
  const call = ["hook", "backfill", "filled", "--since", since];
  expect(await only(...call, "--dry-run")).toEqual({ matched: 1 });
  const { code, stdout, stderr } = await on(...call);
  expect([code, stderr]).toEqual([0, "1 event matches.\n"]);
  expect(JSON.parse(stdout)).toMatchObject({ status: "DONE", matched: 1, created: 1 });
  expect((await on(...call)).stdout).toBe('{"matched":0}\n');
});
