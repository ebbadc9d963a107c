import { createPublicKey, randomBytes, verify } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sealedPlaces } from "../../src/db/project/sealed.ts";
import { cli } from "../fixtures/cli.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { deliveryOf, emit, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { bootRefused } from "../fixtures/process.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";
import { client, type TokenServer, tokenServer } from "../fixtures/tokenServer.ts";
import { install, onlyRun, registerType, released } from "../fixtures/workflows.ts";

const keyOf = (id: string) => ({ id, key: randomBytes(32) });
const text = (...keys: { id: string; key: Buffer }[]) =>
  keys.map(({ id, key }) => `${id}:${key.toString("base64")}`).join(",");
const old = keyOf("old");
const fresh = keyOf("new");

let database: Awaited<ReturnType<typeof freshDatabase>>;
let hub: TestHub;
let target: Receiver;
let tokens: TokenServer;
beforeAll(async () => {
  target = await receiver();
  tokens = await tokenServer();
  database = await freshDatabase();
  hub = await testHub({ databaseUrl: database.url, secretKeys: [old] });
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
  await tokens[Symbol.asyncDispose]();
});

const rewrap = (keys: string, ...args: string[]) =>
  cli({ DATABASE_URL: hub.db.url, SIGNALBOX_SECRET_KEY: keys }, "rewrap", ...args);

/** By which keys the texts of every place, and the canary, are sealed. */
async function sealedBy(): Promise<Record<string, string[]>> {
  const { sql } = hub.db;
  const found: Record<string, string[]> = {};
  const places = [...Object.values(sealedPlaces), { table: "settings", column: "value" }];
  for (const { table, column } of places) {
    const rows = await sql<{ text: string }[]>`
      select ${sql(column)}::text as text from ${sql(`signalbox.${table}`)} where ${sql(column)} is not null`;
    const ids = rows.flatMap((row) =>
      [...row.text.matchAll(/v1\.(\w+)\./g)].map(([, id = ""]) => id),
    );
    found[`${table}.${column}`] = [...new Set(ids)];
  }
  return found;
}
const everywhere = (id: string) =>
  Object.fromEntries(
    [
      ...Object.values(sealedPlaces).map(({ table, column }) => `${table}.${column}`),
      "settings.value",
    ].map((place) => [place, [id]]),
  );

/** Whether a request has one signature, by this `whpk_…`. */
function isSignedBy(publicKey: string, request: Receiver["requests"][number] | undefined) {
  const { headers = {}, body } = request ?? {};
  const x = Buffer.from(publicKey.slice("whpk_".length), "base64").toString("base64url");
  return verify(
    null,
    Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`),
    createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }),
    Buffer.from(String(headers["webhook-signature"]).replace("v1a,", ""), "base64"),
  );
}

test("every secret is sealed with the new key while the hub runs, and opens with it alone", async () => {
  const { id } = await register(hub, {
    url: `${target.url}/hook`,
    headers: { "x-own": "canary" },
  });
  await hub.run("mutation ($id: ID!) { rotateHookSecret(id: $id) { secret } }", { id });
  await register(hub, { url: `${target.url}/never`, types: ["x"], verification: "HOOK_SECRET" });
  const { registerHook } = await hub.run<{ registerHook: { hook: { publicKey: string } } }>(
    `mutation ($url: String!) { registerHook(input: {url: $url, types: ["v1a"], signature: ED25519}) {
      hook { publicKey } } }`,
    { url: `${target.url}/v1a` },
  );
  const auth = { oauth2: { tokenUrl: tokens.url, ...client } };
  await register(hub, { url: `${target.url}/auth`, types: ["auth"], auth });
  await registerType(hub, "w");
  const steps = [
    {
      id: "one",
      url: `${target.url}/step`,
      headers: { authorization: "Bearer {{ user.token }}" },
      body: { note: "v1.old.text of somebody", big: 1e21 },
    },
  ];
  const workflowId = await released(hub, { eventType: "w", steps });
  await install(hub, workflowId, { token: "t1" });
  await onlyRun(hub, { event: "w", data: {} });
  expect(await sealedBy()).toEqual({ ...everywhere("old") });

  const exact = '{"b":9007199254740993,"2":1.0}';
  await hub.db.sql`update signalbox.workflow_versions
    set steps = replace(steps::text, '1e+21', ${exact})::json`;

  const done = await rewrap(text(fresh, old));
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(done.stdout).toMatch(/^Re-encrypted: \d+\nEvery secret is sealed with the first key/);
  const { "workflow_versions.steps": inSteps, ...others } = await sealedBy();
  const { "workflow_versions.steps": _, ...expected } = everywhere("new");
  expect(others).toEqual(expected);
  // A body says what it says, whatever that looks like.
  expect(inSteps).toEqual(["old", "new"]);
  const [version] = await hub.db.sql<{ steps: string }[]>`
    select steps::text as steps from signalbox.workflow_versions`;
  expect(version?.steps).toContain(`"big":${exact}`);

  // Started again with the new key alone.
  await hub[Symbol.asyncDispose]();
  hub = await testHub({ ...hub.settings, secretKeys: [fresh] });
  target.requests.length = 0;
  const event = await emit(hub, {});
  expect(await deliveryOf(hub, event.id)).toMatchObject({ status: "SUCCEEDED" });
  expect(target.requests[0]?.headers["x-own"]).toBe("canary");
  expect(target.requests[0]?.headers["webhook-signature"]?.toString().split(" ")).toHaveLength(2);
  await emit(hub, { type: "auth" });
  expect(tokens.isNewest(target.requests.at(-1)?.headers.authorization)).toBe(true);
  await emit(hub, { type: "v1a" });
  expect(isSignedBy(registerHook.hook.publicKey, target.requests.at(-1))).toBe(true);
  const again = await rewrap(text(fresh), "--json");
  expect(JSON.parse(again.stdout)).toEqual({ rewrapped: 0, unopened: [] });
});

test("a hub does not start with the old key any more, and rewrap refuses keys that open nothing", async () => {
  const refused = await bootRefused({
    DATABASE_URL: hub.db.url,
    SIGNALBOX_SECRET_KEY: text(old),
    PORT: "0",
  });
  expect(refused.code).toBe(1);
  expect(refused.output).toContain("SIGNALBOX_SECRET_KEY is not the key");
  const wrong = await rewrap(text(keyOf("third")));
  expect(wrong).toMatchObject({ code: 1, stdout: "" });
  expect(wrong.stderr).toMatch(/^SIGNALBOX_SECRET_KEY is not the key that this database's secrets/);
  const none = await cli({ DATABASE_URL: hub.db.url }, "rewrap");
  expect(none.stderr).toMatch(/^SIGNALBOX_SECRET_KEY must be set: the new key first/);
});

test("what cannot be opened is named and left as it is, and the old key stays needed", async () => {
  const third = keyOf("third");
  await hub.db
    .sql`update signalbox.hooks set headers = 'v1.lost.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA'
    where headers is not null`;
  const result = await rewrap(text(third, fresh));
  expect(result.code).toBe(1);
  expect(result.stdout).toContain(
    "1 could not be opened and are unchanged: keep the old keys.\nhooks.headers ",
  );
  expect(result.stdout).toContain("sealed with a key that is not configured: lost");
  const by = await sealedBy();
  expect([by["hooks.headers"], by["hooks.secrets"], by["settings.value"]]).toEqual([
    ["lost"],
    ["third"],
    ["new"],
  ]);
});
