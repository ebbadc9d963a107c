import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newKey } from "../../src/domain/project/apiKey.ts";
import { createAuthenticator } from "../../src/domain/project/authenticator.ts";
import type { UserError } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
let other: TestHub;
beforeAll(async () => {
  hub = await testHub();
  other = await testHub(hub.settings);
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

type KeyRecord = {
  id: string;
  name: string;
  role: string;
  prefix: string;
  createdAt: string;
  lastUsedAt: string | null;
  revokedAt: string | null;
};
type Created = { apiKey: KeyRecord | null; key: string | null; userErrors: UserError[] };

const fields = "id name role prefix createdAt lastUsedAt revokedAt";
const create = async (name: string, role = "VIEWER") =>
  (
    await hub.run<{ createApiKey: Created }>(
      `mutation ($name: String!, $role: Role!) {
        createApiKey(input: { name: $name, role: $role }) { apiKey { ${fields} } key userErrors { code message path } }
      }`,
      { name, role },
    )
  ).createApiKey;
const revoke = async (id: string | undefined) =>
  (
    await hub.run<{ revokeApiKey: { apiKey: KeyRecord | null; userErrors: UserError[] } }>(
      `mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { ${fields} } userErrors { code message path } } }`,
      { id },
    )
  ).revokeApiKey;
const listed = async (id: string | undefined) =>
  (await hub.run<{ apiKeys: KeyRecord[] }>(`{ apiKeys { ${fields} } }`)).apiKeys.find(
    (key) => key.id === id,
  );

/** The HTTP status, and the role that a key is known by. */
async function knock(at: TestHub, authorization: string | undefined) {
  const response = await fetch(`${at.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(authorization && { authorization }) },
    body: JSON.stringify({ query: "{ viewer { key { role } } }" }),
  });
  const { data, errors } = (await response.json()) as {
    data?: { viewer: { key: { role: string } } };
    errors?: { extensions: { code: string } }[];
  };
  return [response.status, data?.viewer.key.role ?? errors?.[0]?.extensions.code];
}
const refused = [401, "UNAUTHENTICATED"];

test("a new key works at once in every process, and is shown once, by its literal start ever after", async () => {
  for (const role of ["ADMIN", "EMITTER", "OPERATOR", "VIEWER"]) {
    const { apiKey, key, userErrors } = await create(`a ${role} 🔑`, role);
    expect(userErrors).toEqual([]);
    expect(apiKey).toMatchObject({ name: `a ${role} 🔑`, role, lastUsedAt: null, revokedAt: null });
    expect(key).toMatch(/^sbx_[0-9A-Za-z]{10}_[\w-]{43}[0-9A-Za-z]{6}$/);
    expect(apiKey?.prefix.length).toBeGreaterThanOrEqual(10);
    expect(key?.startsWith(apiKey?.prefix ?? "-")).toBe(true);
    expect(await listed(apiKey?.id)).toEqual(apiKey);
    expect(await knock(hub, `Bearer ${key}`)).toEqual([200, role]);
    expect(await knock(other, `Bearer ${key}`)).toEqual([200, role]);
    const dump = await hub.db.sql`select k::text as row from signalbox.api_keys k`;
    expect(JSON.stringify(dump)).not.toContain(key?.slice(15));
  }
});

test("the use of a key is noted", async () => {
  const { apiKey, key } = await create("used");
  await knock(other, `Bearer ${key}`);
  await expect
    .poll(async () => (await listed(apiKey?.id))?.lastUsedAt, { timeout: 60_000 })
    .toMatch(/Z$/);
});

describe("nobody gets in", () => {
  test.each([
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    `Bearer ${"x".repeat(5_000)}`,
    "Bearer sbx_0123456789_wrong",
    "Bearer ' or true --",
    "Basic dXNlcjpwYXNz",
  ])("with the header %s", async (authorization) => {
    expect(await knock(hub, authorization)).toEqual(refused);
  });

  test("with a key in another scheme, or with more or less than the key", async () => {
    const { key } = await create("scheme");
    for (const wrong of [
      `Token ${key}`,
      `${key}`,
      `Bearer ${key}x`,
      `Bearer ${key?.slice(0, -1)}`,
    ]) {
      expect(await knock(hub, wrong)).toEqual(refused);
    }
  });
});

test("the scheme word may be in any case", async () => {
  for (const scheme of ["Bearer", "bearer", "BEARER", "bEaReR"]) {
    expect(await knock(hub, `${scheme} ${hub.key}`)).toEqual([200, "ADMIN"]);
  }
});

test("an operator's own key may be any 32 to 200 printable characters", async () => {
  const keys = [
    "x".repeat(32),
    "y".repeat(200),
    `with spaces and "quotes" ${randomBytes(8).toString("hex")}`,
    `sbx_0123456789_${randomBytes(16).toString("hex")}`,
  ];
  for (const adminKey of keys) {
    await using own = await testHub({ adminKey });
    expect(await knock(own, `Bearer ${adminKey}`)).toEqual([200, "ADMIN"]);
    const { apiKeys } = await own.run<{ apiKeys: KeyRecord[] }>(`{ apiKeys { ${fields} } }`);
    expect(apiKeys).toHaveLength(1);
    expect(adminKey.startsWith(apiKeys[0]?.prefix ?? "-")).toBe(true);
  }
});

test("a revoked key is refused at once where it was revoked, and soon in every other process", async () => {
  const { apiKey, key } = await create("short-lived");
  expect(await knock(hub, `Bearer ${key}`)).toEqual([200, "VIEWER"]);
  expect(await knock(other, `Bearer ${key}`)).toEqual([200, "VIEWER"]);
  const { apiKey: revoked, userErrors } = await revoke(apiKey?.id);
  expect(userErrors).toEqual([]);
  expect(revoked?.revokedAt).toMatch(/Z$/);
  expect(await knock(hub, `Bearer ${key}`)).toEqual(refused);
  await expect.poll(() => knock(other, `Bearer ${key}`), { timeout: 60_000 }).toEqual(refused);
  expect((await revoke(apiKey?.id)).apiKey?.revokedAt).toBe(revoked?.revokedAt);
  expect((await listed(apiKey?.id))?.revokedAt).toBe(revoked?.revokedAt);
});

test("a key is refused after its revocation even when it is in use all the time", async () => {
  const { apiKey, key } = await create("busy");
  let isRevoked = false;
  const late: unknown[] = [];
  const busy = async () => {
    while (!isRevoked) {
      await knock(hub, `Bearer ${key}`);
    }
    late.push(await knock(hub, `Bearer ${key}`));
  };
  const callers = Array.from({ length: 8 }, busy);
  await revoke(apiKey?.id);
  isRevoked = true;
  await Promise.all(callers);
  expect(late).toEqual(Array(8).fill(refused));
});

test("errors about keys are reported", async () => {
  for (const name of ["", "x".repeat(201), "two\nlines", "NUL \0", "half \ud83d"]) {
    const { apiKey, key, userErrors } = await create(name);
    expect({ apiKey, key }).toEqual({ apiKey: null, key: null });
    expect(userErrors).toEqual([
      {
        code: "INVALID",
        message: expect.stringMatching(/^field 'name' must (not|have at most 200)/),
        path: ["name"],
      },
    ]);
  }
  for (const id of ["nonsense", "0b8e1f0c-3a53-4b6b-9a6f-2d6f4e1c7a55"]) {
    expect((await revoke(id)).userErrors).toEqual([
      { code: "NOT_FOUND", message: `no API key ${id}`, path: ["id"] },
    ]);
  }
});

test("what cannot be a key is refused without the database, and others are asked for together", async () => {
  const asked: unknown[][] = [];
  const watched = ((texts: TemplateStringsArray, ...values: never[]) => {
    if (texts.join("").includes("digest = any")) asked.push(values.find(Array.isArray) ?? []);
    return hub.db.sql(texts, ...values);
  }) as typeof hub.db.sql;
  const { key: good } = await create("asked for");
  await using authenticator = createAuthenticator(watched, () => {});
  const ask = (key: string) => authenticator.authenticate(`Bearer ${key}`);
  const bent = `${good?.slice(0, -1)}${good?.endsWith("0") ? "1" : "0"}`;
  for (const key of ["short", "x".repeat(201), `${"x".repeat(40)}\u00e9`, bent]) {
    expect(await ask(key)).toBeNull();
  }
  expect(asked).toEqual([]);
  const strangers = Array.from({ length: 2_500 }, newKey);
  const answers = await Promise.all([...strangers, good ?? "", good ?? ""].map(ask));
  expect(answers.filter(Boolean).length).toBe(2);
  expect(asked.map(({ length }) => length)).toEqual([1_000, 1_000, 501]);
});

test("a key that is not good is not asked for again at once, and one that is made then works at once", async () => {
  let asked = 0;
  const watched = ((texts: TemplateStringsArray, ...values: never[]) => {
    if (texts.join("").includes("digest = any")) asked++;
    return hub.db.sql(texts, ...values);
  }) as typeof hub.db.sql;
  await using authenticator = createAuthenticator(watched, () => {});
  const stranger = `Bearer ${newKey()}`;
  const start = performance.now();
  for (let time = 0; time < 50; time++) {
    expect(await authenticator.authenticate(stranger)).toBeNull();
  }
  expect(asked).toBeLessThanOrEqual(Math.ceil((performance.now() - start) / 1_000));
  const { key } = await create("made then");
  expect(await authenticator.authenticate(`Bearer ${key}`)).toMatchObject({ role: "VIEWER" });
});
