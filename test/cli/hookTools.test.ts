import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliOf } from "../fixtures/cliObjects.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
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

const { on, only } = cliOf(() => hub);

test("a hook is tested alone, with the example of its type or other data", async () => {
  await only("hook", "create", target.url, "tested.thing", "--name", "tested", "--retries", "0");
  const { code, stderr } = await on("hook", "test", "tested");
  expect([code, stderr]).toEqual([
    1,
    "field 'data' is required: event type 'tested.thing' is not registered, so it has no example (INVALID)\n",
  ]);
  const sent = await only("hook", "test", "tested", '{"n":1}', "--wait");
  expect(sent).toMatchObject({ status: "SUCCEEDED", event: { type: "tested.thing" } });
  const other = ["hook", "test", "tested", "1", "--type", "another"];
  expect(await only(...other)).toMatchObject({ event: { type: "another" } });
  await using broken = await receiver(status(500));
  await only("hook", "update", "tested", "--target", broken.url);
  const failed = await on("hook", "test", "tested", "1", "--wait");
  expect([failed.code, JSON.parse(failed.stdout).status]).toEqual([1, "FAILED"]);
});

test("a hook with ED25519 shows its public key, and the secret that another signature makes", async () => {
  const made = await only("hook", "create", target.url, "v1a", "--signature", "ed25519");
  expect(made).toMatchObject({ signature: "ED25519", publicKey: expect.stringMatching(/^whpk_/) });
  expect(made).not.toHaveProperty("secret");
  const id = String(made.id);
  const turned = await only("hook", "rotate-secret", id);
  expect(turned).toEqual({ id, name: null, publicKey: expect.stringMatching(/^whpk_/) });
  expect(turned.publicKey).not.toBe(made.publicKey);
  expect(await only("hook", "update", id, "--signature", "HMAC_SHA256")).toMatchObject({
    signature: "HMAC_SHA256",
    publicKey: null,
    secret: expect.stringMatching(/^whsec_/),
  });
  expect(await on("hook", "create", target.url, "v1a", "--signature", "rsa")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("It must be HMAC_SHA256 or ED25519."),
  });
});

test("a schedule is created, listed, paused, run, resumed and deleted, by its name", async () => {
  const create = [
    "schedule",
    "create",
    "morning",
    "0 9 * * *",
    "day.began",
    '{"n":9007199254740993}',
  ];
  const made = await only(...create, "--time-zone", "Europe/Berlin", "--user", "ann");
  expect(made).toMatchObject({
    ...{ name: "morning", cron: "0 9 * * *", timeZone: "Europe/Berlin", status: "ACTIVE" },
    event: { type: "day.began", userId: "ann" },
  });
  expect(await only("schedule", "list")).toMatchObject({ id: made.id, name: "morning" });
  expect(await only("schedule", "pause", "morning")).toMatchObject({ status: "PAUSED" });
  expect(await only("schedule", "list", "--status", "PAUSED")).toMatchObject({ id: made.id });
  expect((await on("schedule", "list")).stdout).toContain('"data":{"n":9007199254740993}');
  const ran = await only("schedule", "run", String(made.id));
  expect(ran).toMatchObject({ status: "PAUSED", lastEvent: { id: expect.any(String) } });
  expect(await only("schedule", "resume", "morning")).toMatchObject({ status: "ACTIVE" });
  expect(await on("schedule", "delete", "morning", "evening")).toMatchObject({
    ...{ code: 1, stdout: "", stderr: 'There is no schedule "evening" (schedule list).\n' },
  });
  await only("schedule", "delete", "morning");
  expect((await on("schedule", "list")).stdout).toBe("");
  await only("hook", "create", target.url, "day.began", "--name", "alone");
  const aimed = ["schedule", "create", "aimed", "0 9 * * *", "day.began"];
  expect(await only(...aimed, "--hook", "alone")).toMatchObject({
    event: { hookId: expect.any(String) },
  });
  expect(await only("schedule", "create", "wide", ...aimed.slice(3), "--broadcast")).toMatchObject({
    event: { broadcast: true },
  });
  expect(await on("schedule", "create", "never", "0 0 30 2 *", "a")).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining("never runs") },
  });
});

test("what a hook is for, what makes its body and what it takes are set, shown and taken away", async () => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-"));
  const file = join(folder, "body.liquid");
  await writeFile(file, "{{ event.id }}\n");
  const settings = [
    ...[
      "--name",
      "made",
      "--description",
      "for sales",
      "--metadata",
      '{"team":"sales"}',
      "--paused",
    ],
    ...["--channels", "eu, us", "--template", `@${file}`, "--template-content-type", "text/plain"],
    ...["--changed", "price,address.city"],
  ];
  const shown = {
    ...{ description: "for sales", metadata: { team: "sales" }, channels: ["eu", "us"] },
    ...{ template: "{{ event.id }}\n", templateContentType: "text/plain", selection: null },
    ...{ changed: ["price", "address.city"], status: "PAUSED" },
  };
  expect(await only("hook", "create", target.url, "made.of", ...settings)).toMatchObject(shown);
  expect(await only("hook", "get", "made")).toMatchObject(shown);
  const exact = '{"account":9007199254740993}';
  const { stdout } = await on("hook", "update", "made", "--metadata", exact);
  expect(stdout).toContain(`"metadata":${exact}`);
  const cleared = ["--description", "--metadata", "--channels", "--template", "--changed"];
  const update = ["hook", "update", "made", ...cleared.flatMap((flag) => [flag, ""])];
  expect(await only(...update, "--selection", "{ id }")).toMatchObject({
    ...{ description: null, metadata: null, channels: null, template: null, changed: null },
    ...{ templateContentType: null, selection: "{ id }" },
  });
  const wrong = [
    ["--metadata", "[1]", "It must be a JSON object"],
    ["--template", `@${file}.none`, "ENOENT"],
  ];
  for (const [flag = "", value = "", said] of wrong)
    expect(await on("hook", "update", "made", flag, value)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(said ?? ""),
    });
  await rm(folder, { recursive: true });
});
