import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { newSecret } from "../../src/domain/delivery/signature.ts";
import { createReceiver, signedRequest } from "../../src/receiver/index.ts";
import { emit } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  [hub, target] = await Promise.all([testHub(), receiver()]);
});
beforeEach(() => {
  target.requests.length = 0;
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

/** What a receiver with these secrets answers to the hub's newest request. */
async function answerTo(secrets: string | string[], change: Record<string, string> = {}) {
  const request = target.requests.at(-1);
  if (!request) throw new Error("no request");
  const headers = new Headers(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  for (const [name, value] of Object.entries(change)) headers.set(name, value);
  const given = { method: "POST", headers, body: request.body };
  return (await createReceiver({ secrets }).fetch(new Request("http://x/", given))).status;
}

async function signedHook(signature: string, type: string) {
  const { registerHook } = await hub.run<{
    registerHook: { hook: { id: string; publicKey: string }; secret: string };
  }>(
    `mutation ($input: RegisterHookInput!) {
      registerHook(input: $input) { hook { id publicKey } secret } }`,
    { input: { url: target.url, types: [type], signature } },
  );
  return registerHook;
}

test("what the hub signs with a private key, its public key verifies, among others of both kinds", async () => {
  const { hook } = await signedHook("ED25519", "one");
  const { publicKey } = hook;
  const stranger = (await signedHook("ED25519", "never")).hook.publicKey;
  await emit(hub, { type: "one", data: { text: "ü" } });
  expect(await answerTo(publicKey)).toBe(200);
  expect(await answerTo([newSecret(), stranger, publicKey])).toBe(200);
  expect(await answerTo([newSecret(), stranger])).toBe(401);
  const { "webhook-signature": signature, "webhook-id": id } = target.requests[0]?.headers ?? {};
  expect(await answerTo(publicKey, { "webhook-id": `${id}x` })).toBe(401);
  for (const other of [
    String(signature).replace("v1a,", "v1,"),
    String(signature).replace("v1a,", "v2a,"),
    String(signature).slice(0, -8),
    "v1a,",
    "v1a,ü",
  ])
    expect(await answerTo(publicKey, { "webhook-signature": encodeURI(other) })).toBe(401);
});

test("while a key rotates, and while the signature changes, the old and the new one are taken", async () => {
  const { hook, secret } = await signedHook("HMAC_SHA256", "two");
  const { updateHook } = await hub.run<{ updateHook: { hook: { publicKey: string } } }>(
    `mutation ($id: ID!) { updateHook(id: $id, input: { signature: ED25519 }) { hook { publicKey } } }`,
    { id: hook.id },
  );
  const { rotateHookSecret } = await hub.run<{
    rotateHookSecret: { hook: { publicKey: string } };
  }>("mutation ($id: ID!) { rotateHookSecret(id: $id) { hook { publicKey } } }", { id: hook.id });
  await emit(hub, { type: "two" });
  const keys = [secret, updateHook.hook.publicKey, rotateHookSecret.hook.publicKey];
  expect(new Set(keys).size).toBe(3);
  for (const key of keys) expect(await answerTo(key)).toBe(200);
});

test("a public key is never taken for the secret of an HMAC", async () => {
  const { x = "" } = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const bytes = Buffer.from(x, "base64url");
  const asSecret = await signedRequest({ type: "t", data: 1 }, `whsec_${bytes.toString("base64")}`);
  const publicKey = `whpk_${bytes.toString("base64")}`;
  expect((await createReceiver({ secrets: publicKey }).fetch(asSecret.clone())).status).toBe(401);
  const text = `${asSecret.headers.get("webhook-id")}.${asSecret.headers.get("webhook-timestamp")}.${await asSecret.clone().text()}`;
  const mac = createHmac("sha256", bytes).update(text).digest("base64");
  asSecret.headers.set("webhook-signature", `v1a,${mac}`);
  expect((await createReceiver({ secrets: publicKey }).fetch(asSecret)).status).toBe(401);
});

test("a signature of another program's key pair is taken", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const bytes = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const request = await signedRequest({ type: "t", data: 1 }, newSecret());
  const id = request.headers.get("webhook-id");
  const text = `${id}.${request.headers.get("webhook-timestamp")}.${await request.clone().text()}`;
  const signature = sign(null, Buffer.from(text), privateKey).toString("base64");
  request.headers.set("webhook-signature", `v1,${"A".repeat(43)}= v1a,${signature}`);
  const secrets = `whpk_${bytes.toString("base64")}`;
  expect((await createReceiver({ secrets }).fetch(request)).status).toBe(200);
});
