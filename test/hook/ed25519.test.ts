import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { emit, register, tryRegister, type UserError } from "../fixtures/hooks.ts";
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
beforeEach(() => {
  target.requests.length = 0;
});

type Signed = { id: string; signature: string; publicKey: string | null };
const signed = "id signature publicKey";

async function run(mutation: string, variables: object) {
  const [payload] = Object.values(
    await hub.run<Record<string, { hook: Signed; secret: string | null; userErrors: UserError[] }>>(
      mutation,
      variables,
    ),
  );
  if (!payload) throw new Error("no payload");
  return payload;
}
const registered = (input: object) =>
  run(
    `mutation ($input: RegisterHookInput!) {
      registerHook(input: $input) { hook { ${signed} } secret userErrors { code message path } } }`,
    { input: { url: target.url, signature: "ED25519", ...input } },
  );
const updated = (id: string, input: object) =>
  run(
    `mutation ($id: ID!, $input: UpdateHookInput!) {
      updateHook(id: $id, input: $input) { hook { ${signed} } secret userErrors { code message path } } }`,
    { id, input },
  );
const rotated = (id: string, overlapHours: number) =>
  run(
    `mutation ($id: ID!, $overlapHours: Int) {
      rotateHookSecret(id: $id, overlapHours: $overlapHours) {
        hook { ${signed} } secret userErrors { code message path } } }`,
    { id, overlapHours },
  );

/** Emits an event of the type, and gives the signatures of its request, each `v1a` with those who take it. */
async function signaturesOf(type: string, publicKeys: Record<string, string | null>) {
  await emit(hub, { type });
  const request = target.requests.at(-1);
  if (!request) throw new Error("no request");
  const { headers, body } = request;
  const content = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  return String(headers["webhook-signature"])
    .split(" ")
    .map((part) => {
      const [scheme = "", text = ""] = part.split(",");
      const takers = Object.entries(publicKeys).flatMap(([name, key]) =>
        verify(null, content, nodeKey(key), Buffer.from(text, "base64")) ? [name] : [],
      );
      return [scheme, ...takers].join(" ");
    });
}

/** The key of a `whpk_…`, by another way than the hub's. */
function nodeKey(publicKey: string | null) {
  const bytes = Buffer.from(publicKey?.slice("whpk_".length) ?? "", "base64");
  return createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") },
    format: "jwk",
  });
}

/** A key pair that another program has made. */
function foreignPair() {
  const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const [seed, publicBytes] = [Buffer.from(d, "base64url"), Buffer.from(x, "base64url")];
  const text = (...parts: Buffer[]) => Buffer.concat(parts).toString("base64");
  return {
    seedOnly: `whsk_${text(seed)}`,
    pair: `whsk_${text(seed, publicBytes)}`,
    publicKey: `whpk_${text(publicBytes)}`,
    mixed: `whsk_${text(seed, seed)}`,
  };
}

test("a hook with ED25519 is signed by v1a alone, and its public key verifies it", async () => {
  const { hook, secret } = await registered({ types: ["made"] });
  expect(secret).toBeNull();
  expect(hook).toMatchObject({
    signature: "ED25519",
    publicKey: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/),
  });
  const other = foreignPair().publicKey;
  expect(await signaturesOf("made", { hook: hook.publicKey, other })).toEqual(["v1a hook"]);
  expect(target.requests).toHaveLength(1);
});

test("a hook without the setting, or with null, is signed by an HMAC, and has no public key", async () => {
  for (const signature of [undefined, null, "HMAC_SHA256"]) {
    const { hook, secret } = await registered({ types: ["hmac"], signature });
    expect(hook).toMatchObject({ signature: "HMAC_SHA256", publicKey: null });
    expect(secret).toMatch(/^whsec_/);
  }
  expect(await signaturesOf("hmac", {})).toEqual(["v1"]);
});

test("a private key may be the caller's own, with its public key or its seed alone, and is not shown", async () => {
  const { seedOnly, pair, publicKey } = foreignPair();
  for (const [type, secret] of [
    ["pair", pair],
    ["seed", seedOnly],
  ] as const) {
    const made = await registered({ types: [type], secret });
    expect(made.hook.publicKey).toBe(publicKey);
    expect(made.secret).toBeNull();
    expect(await signaturesOf(type, { own: publicKey })).toEqual(["v1a own"]);
  }
});

const { pair, publicKey, mixed } = foreignPair();
const whsec = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const malformed = /^secret is whsk_ followed by the base64/;
const bytes = (n: number) => Buffer.alloc(n, 7).toString("base64");
test.each<[string, string, RegExp]>([
  ["ED25519", whsec, /^secret is for HMAC_SHA256 \(whsec_…\), and the signature is ED25519/],
  ["HMAC_SHA256", pair, /^secret is an Ed25519 private key \(whsk_…\), and the signature is HMAC/],
  ["ED25519", publicKey, /^secret is a public key .* give the private one, whsk_…$/],
  ["HMAC_SHA256", publicKey, /^secret is a public key .* it is whsec_…$/],
  ["ED25519", mixed, /^secret's last 32 bytes are not the public key of its first 32$/],
  ...["", "whsk_", "secret", pair.slice("whsk_".length), `${pair} `, pair.replace("=", "")].map(
    (secret): [string, string, RegExp] => ["ED25519", secret, malformed],
  ),
  ...[31, 33, 63, 65].map((n): [string, string, RegExp] => [
    "ED25519",
    `whsk_${bytes(n)}`,
    malformed,
  ]),
])(
  "with %s, the secret %j is INVALID, and nothing of it is told",
  async (signature, secret, why) => {
    const refused = await tryRegister(hub, {
      url: target.url,
      types: ["never"],
      signature,
      secret,
    });
    expect(refused).toMatchObject({
      hook: null,
      secret: null,
      userErrors: [{ code: "INVALID", path: ["secret"], message: expect.stringMatching(why) }],
    });
    const [body] = secret.split("_").slice(1);
    if (body) expect(JSON.stringify(refused)).not.toContain(body);
  },
);

test("a rotation signs with both keys for the overlap, and the newest is shown", async () => {
  const { hook } = await registered({ types: ["turned"] });
  const next = await rotated(hook.id, 1);
  expect(next).toMatchObject({ secret: null, hook: { signature: "ED25519" }, userErrors: [] });
  expect(next.hook.publicKey).not.toBe(hook.publicKey);
  const keys = { first: hook.publicKey, second: next.hook.publicKey };
  expect(await signaturesOf("turned", keys)).toEqual(["v1a second", "v1a first"]);
  const last = await rotated(hook.id, 0);
  expect(await signaturesOf("turned", { ...keys, third: last.hook.publicKey })).toEqual([
    "v1a third",
  ]);
});

test("another signature makes a new key at once, and the old one signs, too", async () => {
  const { hook, secret } = await registered({ types: ["moved"], signature: "HMAC_SHA256" });
  expect(secret).toMatch(/^whsec_/);
  const asymmetric = await updated(hook.id, { signature: "ED25519" });
  expect(asymmetric).toMatchObject({
    secret: null,
    userErrors: [],
    hook: { signature: "ED25519", publicKey: expect.stringMatching(/^whpk_/) },
  });
  const keys = { key: asymmetric.hook.publicKey };
  expect(await signaturesOf("moved", keys)).toEqual(["v1a key", "v1"]);

  const back = await updated(hook.id, { signature: "HMAC_SHA256" });
  expect(back.hook).toMatchObject({ signature: "HMAC_SHA256", publicKey: null });
  expect(back.secret).toMatch(/^whsec_/);
  expect(back.secret).not.toBe(secret);
  expect(await signaturesOf("moved", keys)).toEqual(["v1", "v1a key", "v1"]);
});

test("the same signature, null or none keeps the key", async () => {
  const { hook } = await registered({ types: ["kept"] });
  for (const input of [{ signature: "ED25519" }, { signature: null }, { description: "x" }]) {
    const { hook: after, secret, userErrors } = await updated(hook.id, input);
    expect([after, secret, userErrors]).toEqual([hook, null, []]);
  }
  expect(await signaturesOf("kept", { key: hook.publicKey })).toEqual(["v1a key"]);
});

test("when a change is refused, the key stays", async () => {
  const { id } = await register(hub, { url: target.url, types: ["stays"] });
  const refused = await updated(id, { signature: "ED25519", retries: 99 });
  expect(refused.userErrors).toMatchObject([{ code: "INVALID", path: ["retries"] }]);
  expect(await signaturesOf("stays", {})).toEqual(["v1"]);
});

test("private keys are nowhere in the database but sealed", async () => {
  const { seedOnly, pair } = foreignPair();
  await registered({ types: ["sealed"], secret: pair });
  const rows = await hub.db.sql<{ row: string }[]>`select h::text as row from signalbox.hooks h`;
  const text = rows.map(({ row }) => row).join("\n");
  expect(text).toContain("whpk_");
  expect(text).not.toContain("whsk_");
  // The 32 bytes of the seed begin both forms; 40 characters of base64 hold 30 of them.
  expect(text).not.toContain(seedOnly.slice("whsk_".length, "whsk_".length + 40));
});

test("the Svix-compatible door shows such a hook's public key, and takes no secret of another kind for it", async () => {
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${hub.url}/api/v1/app${path}`, {
      method,
      headers: { authorization: `Bearer ${hub.key}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect(text).not.toMatch(/whsk_\w/);
    return { status: response.status, body: JSON.parse(text) };
  };
  const app = await call("POST", "", { name: "App", uid: "app" });
  expect(app.status).toBe(201);
  const { hook } = await registered({ types: ["never"], userId: "app", format: "DATA" });
  const secret = `/app/endpoint/${hook.id}/secret`;
  expect((await call("GET", secret)).body).toEqual({ key: hook.publicKey });
  const { key } = (await call("POST", `${secret}/rotate`, {})).body;
  expect(key).toMatch(/^whpk_/);
  expect(key).not.toBe(hook.publicKey);
  expect((await call("GET", secret)).body).toEqual({ key });
  const refused = await call("POST", `${secret}/rotate`, { key: whsec });
  expect(refused).toMatchObject({ status: 422 });
  expect(JSON.stringify(refused.body)).toContain("the signature is ED25519");
  const own = await call("POST", `${secret}/rotate`, { key: pair });
  expect(own.body).toEqual({ key: publicKey });
  const endpoint = { url: target.url, secret: pair };
  const made = await call("POST", "/app/endpoint", endpoint);
  expect(made.status).toBe(422);
  expect(JSON.stringify(made.body)).toContain("secret is an Ed25519 private key");
});
