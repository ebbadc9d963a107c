import { beforeAll, expect, test } from "vitest";
import { change, deliveryOf, emit, register, tryRegister, update } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
  return async () => {
    await hub[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  };
});

test("a secret may be the caller's own", async () => {
  const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
  const input = { url: target.url, types: ["own"], secret };
  expect((await register(hub, input)).secret).toBe(secret);
});

test("secrets and header values are nowhere in the database but sealed, and shown nowhere again", async () => {
  const headers = {
    authorization: "Bearer s3cr3t-of-mine",
    "x-team": "team-blue-7",
    "X-Api-Key": "k3y-9",
  };
  const { id, secret } = await register(hub, { url: target.url, headers });
  const rotated = await hub.run<{ rotateHookSecret: { secret: string } }>(
    `mutation ($id: ID!) { rotateHookSecret(id: $id) { secret } }`,
    { id },
  );
  const event = await emit(hub);
  expect(target.requests[0]?.headers).toMatchObject({
    authorization: "Bearer s3cr3t-of-mine",
    "x-team": "team-blue-7",
    "x-api-key": "k3y-9",
  });

  const tables = await hub.db.sql<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`;
  expect(tables.length).toBeGreaterThan(10);
  const secrets = [secret, rotated.rotateHookSecret.secret].map((text) =>
    text.slice("whsec_".length),
  );
  const hidden = [...secrets, "s3cr3t-of-mine", "k3y-9", "team-blue-7"];
  for (const { name } of tables) {
    const rows = await hub.db.sql<
      { row: string }[]
    >`select t::text as row from ${hub.db.sql.unsafe(name)} t`;
    const text = rows.map(({ row }) => row).join("\n");
    for (const value of hidden) expect(text.includes(value), `${value} in ${name}`).toBe(false);
  }

  const { hook } = await hub.run<{ hook: { headers: object } }>(
    "query ($id: ID!) { hook(id: $id) { headers } }",
    { id },
  );
  const shown = { authorization: "[redacted]", "x-team": "[redacted]", "X-Api-Key": "[redacted]" };
  expect(hook.headers).toEqual(shown);
  const [attempt] = (await deliveryOf(hub, event.id)).attempts;
  expect(attempt?.requestHeaders).toMatchObject(shown);
  expect(attempt?.requestHeaders["webhook-signature"]).toMatch(/^v1,/);
});

test("a header given as it is shown, [redacted], keeps its value when a hook is changed", async () => {
  const headers = { Authorization: "Bearer t0k", api_key: "k3y", "x-old": "old" };
  const { id } = await register(hub, { url: target.url, types: ["kept"], headers });
  const shown = { authorization: "[redacted]", api_key: "[redacted]", "x-new": "n3w" };
  expect(await update(hub, id, { headers: shown })).toEqual([]);
  await emit(hub, { type: "kept" });
  const sent = target.requests.at(-1)?.headers;
  expect(sent).toMatchObject({ authorization: "Bearer t0k", api_key: "k3y", "x-new": "n3w" });
  expect(sent).not.toHaveProperty("x-old");
  const wrong = [{ code: "INVALID", path: ["headers", "x-other"] }];
  const other = { headers: { "x-other": "[redacted]" } };
  expect(await update(hub, id, other)).toMatchObject(wrong);
  expect((await tryRegister(hub, { url: target.url, ...other })).userErrors).toMatchObject(wrong);
});

test("what an answer says of credentials is recorded and shown nowhere", async () => {
  await using talking = await receiver((_request, response) => {
    const challenge = { "www-authenticate": 'Bearer realm="s3cret-a"', "x-request-id": "r1" };
    response.writeHead(401, { ...challenge, "set-cookie": ["a=s3cret-a", "b=s3cret-a"] }).end();
  });
  await register(hub, { url: talking.url, types: ["answered"], retries: 0 });
  const { id } = await emit(hub, { type: "answered" });
  const [attempt] = (await deliveryOf(hub, id)).attempts;
  expect(attempt?.responseHeaders).toMatchObject({
    "www-authenticate": "[redacted]",
    "set-cookie": "[redacted]",
    "x-request-id": "r1",
  });
  const rows = await hub.db.sql<{ row: string }[]>`
    select t::text as row from signalbox.attempts t`;
  expect(rows.map(({ row }) => row).join()).not.toContain("s3cret-a");
});

test("where no private target is allowed, none is saved, and none saved before is called", async () => {
  await using lax = await testHub({ roles: { api: true, worker: false } });
  const { id } = await register(lax, { url: target.url, retries: 0 });
  const roles = { api: true, worker: true };
  await using strict = await testHub({ ...lax.settings, roles, allowTargets: [] });
  const before = target.requests.length;
  const { port } = new URL(target.url);
  for (const url of [
    target.url,
    `http://localhost:${port}/`,
    `http://[::1]:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://2130706433:${port}/`,
    "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data",
    "https://example.com:5432/",
    "https://intranet/",
  ]) {
    const refusal = [
      { code: "TARGET_REFUSED", message: expect.stringMatching(/^url/), path: ["url"] },
    ];
    expect((await tryRegister(strict, { url })).userErrors, url).toEqual(refusal);
    expect(await update(strict, id, { url }), url).toEqual(refusal);
  }
  const event = await emit(strict);
  expect(event.status).toBe("FAILED");
  const { attempts, lastError } = await deliveryOf(strict, event.id);
  expect(attempts).toMatchObject([
    { outcome: "REFUSED", statusCode: null, error: "address not allowed", remoteAddress: null },
  ]);
  expect(lastError).toBe("address not allowed");
  expect(target.requests).toHaveLength(before);
});

test("a secret that cannot be opened costs no request and is told", async () => {
  await using broken = await testHub();
  const { id } = await register(broken, { url: target.url });
  const other = await register(broken, { url: target.url });
  await broken.db
    .sql`update signalbox.hooks set secrets = (select secrets from signalbox.hooks where id = ${other.id})
    where id = ${id}`;
  await change(broken, "deleteHook", other.id);
  const before = target.requests.length;
  const event = await emit(broken, { waitMs: 300 });
  expect(event.status).toBe("DISPATCHED");
  expect(target.requests).toHaveLength(before);
});
