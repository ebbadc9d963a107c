import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { takeSecret } from "../../src/cli/import/secret.ts";
import { cli, type Result } from "../fixtures/cli.ts";
import { settingsFor } from "../fixtures/cliProcess.ts";
import { accepted } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { convoy, outpost, serving, svix, svixSecret } from "../fixtures/otherSystems.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";

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

const call = (...args: string[]) =>
  cli({ ...settingsFor(hub), SIGNALBOX_IMPORT_TOKEN: "their-token" }, "import", ...args);
const rows = ({ stdout }: Result) =>
  stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
const results = (result: Result) => rows(result).map(({ name, result }) => [name, result]);

type Hook = {
  name: string;
  status: string;
  types: string[];
  url: string;
  userId: string | null;
  timeoutMs: number;
  rateLimitPerSecond: number | null;
};
const hooksOf = async (system: string) =>
  (
    await hub.run<{ hooks: { nodes: Hook[] } }>(
      "{ hooks(first: 100) { nodes { name status types url userId timeoutMs rateLimitPerSecond } } }",
    )
  ).hooks.nodes
    .filter(({ name }) => name.startsWith(system))
    .reverse();

/** What the hooks of a system that are paused now have been, from the first on. */
const pastOfPaused = async (system: string) =>
  (
    await hub.db.sql<{ status: string }[]>`
      select v.status from signalbox.hooks h join signalbox.hook_versions v on v.hook_id = h.id
      where h.name like ${`${system} %`} and h.status = 'PAUSED' order by v.config_version`
  ).map(({ status }) => status);

test("import svix takes event types and endpoints, and a receiver verifies with its old secret", async () => {
  await using server = await receiver(serving(svix(target.url)));
  const args = ["svix", "--from", server.url];
  const dry = await call(...args, "--dry-run");
  expect([dry.code, dry.stderr]).toEqual([0, ""]);
  expect(results(dry)).toEqual([
    ["invoice.paid", "new"],
    ["invoice.void", "new"],
    ["svix ep_1", "new"],
    ["svix ep_2", "new"],
    ["svix ep_3", "new"],
  ]);
  expect(await hooksOf("svix")).toEqual([]);

  const done = await call(...args);
  expect(done.code).toBe(1);
  expect(results(done).map(([, result]) => result)).toEqual([
    ...["created", "created", "created", "created", "refused"],
  ]);
  expect(rows(done).map(({ secret }) => secret)).toEqual([null, null, null, null, null]);
  expect(rows(done)[3].detail).toBe(
    "paused: not taken over: channels eu. paused: it is disabled there",
  );
  expect(rows(done)[4].detail).toMatch(/url.*\(INVALID\)/);
  expect(await hooksOf("svix")).toMatchObject([
    {
      name: "svix ep_1",
      status: "ACTIVE",
      types: ["invoice.paid"],
      userId: "ann",
      rateLimitPerSecond: 9,
    },
    { name: "svix ep_2", status: "PAUSED", types: ["*"] },
  ]);
  expect(await pastOfPaused("svix")).toEqual(["PAUSED"]);
  const { eventType } = await hub.run<{ eventType: { jsonSchema: object } }>(
    '{ eventType(name: "invoice.paid") { jsonSchema } }',
  );
  expect(eventType.jsonSchema).toMatchObject({ required: ["amount"] });

  await accepted(hub, { type: "invoice.paid", data: { amount: 1 }, userId: "ann" });
  const arrived = () => target.requests.filter(({ path }) => path === "/svix");
  await expect.poll(arrived, { timeout: 60_000 }).toHaveLength(1);
  const [sent] = arrived();
  expect(sent?.body).toBe('{"amount":1}');
  expect(sent?.headers["x-team"]).toBe("billing");
  const headers = sent?.headers as Record<string, string>;
  expect(() => new Webhook(svixSecret).verify(sent?.body ?? "", headers)).not.toThrow();

  const again = await call(...args);
  expect(results(again).map(([, result]) => result)).toEqual([
    ...["exists", "exists", "exists", "exists", "refused"],
  ]);
});

test("import convoy says what a receiver has to be given, and pauses where a filter is lost", async () => {
  await using server = await receiver(serving(convoy(target.url)));
  const done = await call("convoy", "--from", `${server.url}/api/v1/projects/p1`);
  const [type, first, second, third] = rows(done);
  expect(type).toMatchObject({ name: "bill.paid", result: "created" });
  const own = `whsec_${Buffer.from("a secret of 24 characters").toString("base64")}`;
  expect(first).toMatchObject({
    result: "created",
    secret: own,
    detail: "its secret has another form here",
  });
  expect(second).toMatchObject({
    result: "created",
    secret: expect.stringMatching(/^whsec_/),
    detail: "paused: not taken over: the filter of a subscription. it has a new secret",
  });
  expect(third).toMatchObject({ result: "refused", detail: "it takes no event types there" });
  expect(await hooksOf("convoy")).toMatchObject([
    { name: "convoy e1", userId: "ann", timeoutMs: 10_000, rateLimitPerSecond: 84 },
    { name: "convoy e2", status: "PAUSED", types: ["*"], userId: null },
  ]);
  expect(await pastOfPaused("convoy")).toEqual(["PAUSED"]);
});

test("the public key of a pair, as Svix shows it, is not taken for a secret", () => {
  expect(takeSecret(`whpk_${Buffer.alloc(32, 7).toString("base64")}`)).toBeNull();
});

test("import outpost takes topics and webhook destinations of each tenant", async () => {
  await using server = await receiver(serving(outpost(target.url)));
  const done = await call("outpost", "--from", `${server.url}/api/v1/`);
  expect([done.code, done.stderr]).toEqual([0, ""]);
  expect(rows(done)).toMatchObject([
    { name: "order.paid", result: "created" },
    { name: "outpost des_1", result: "created", secret: null, detail: null },
    {
      name: "outpost des_2",
      detail: "paused: not taken over: its filter. paused: it is disabled there",
    },
  ]);
  expect(await hooksOf("outpost")).toMatchObject([
    { userId: "ann", types: ["order.paid"], status: "ACTIVE" },
    { userId: "ann", types: ["*"], status: "PAUSED" },
  ]);
});

test("what a server says in an error does not steer the terminal", async () => {
  const steering = "\u001b]0;owned\u0007\u009b2J\u202e";
  await using server = await receiver((_request, response) =>
    response.writeHead(500).end(steering),
  );
  const theirs = await call("svix", "--from", server.url);
  expect(theirs).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("answered 500: ?]0;owned??2J? (--from, --token)\n"),
  });
  server.answer = (_request, response) =>
    response.end(JSON.stringify({ errors: [{ message: `${steering}\nsecond line` }] }));
  const hubs = await cli({ ...settingsFor(hub), SIGNALBOX_URL: server.url }, "hook", "list");
  expect(hubs).toMatchObject({ code: 1, stderr: "?]0;owned??2J?\nsecond line\n" });
});

test("what is wrong with the other system is told, and nothing is written", async () => {
  await using server = await receiver(serving({}));
  const before = (await hooksOf("")).length;
  const settings = settingsFor(hub);
  const wrong = [
    [["svix", "--from", server.url], 2, "set SIGNALBOX_IMPORT_TOKEN"],
    [["svix", "--from", server.url, "--token", "other"], 1, "answered 401"],
    [["outpost", "--from", server.url, "--token", "their-token"], 1, "/topics answered 404"],
    [["convoy", "--from", "nowhere", "--token", "x"], 2, "--from must be a URL"],
    [["svix", "--from", "http://127.0.0.1:9", "--token", "x"], 1, "cannot be reached (--from)"],
    [
      ["kafka", "--from", server.url, "--token", "x"],
      2,
      "Allowed choices are svix, convoy, outpost",
    ],
    [["svix", "--token", "x"], 2, "required option '--from <URL>'"],
  ] as const;
  await Promise.all(
    wrong.map(async ([args, code, message]) => {
      const result = await cli(settings, "import", ...args);
      expect([result.code, result.stdout], message).toEqual([code, ""]);
      expect(result.stderr).toContain(message);
    }),
  );
  expect(await hooksOf("")).toHaveLength(before);
  // Nobody else looks at that key.
  const bad = { ...settings, SIGNALBOX_IMPORT_TOKEN: "ü" };
  expect(await cli(bad, "hook", "list")).toMatchObject({ code: 0, stderr: "" });
  expect(await cli(bad, "import", "svix", "--from", server.url)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("SIGNALBOX_IMPORT_TOKEN must be an API key"),
  });
});
