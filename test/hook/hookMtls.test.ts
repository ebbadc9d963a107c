import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expiredCertificate, goodCertificate, tlsKey } from "../fixtures/certificates.ts";
import {
  clientAuthority,
  clientCertificate,
  clientKey,
  encryptedKey,
  otherCertificate,
  otherKey,
} from "../fixtures/clientCertificates.ts";
import { deliveryOf, emit, register, tryRegister, update } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { rest } from "../fixtures/rest.ts";
import { tenantOf } from "../fixtures/tenant.ts";
import { client, tokenServer } from "../fixtures/tokenServer.ts";

/** A server for localhost whose certificate no public authority knows; it may want one of its clients. */
async function secureServer(wantsCertificate: boolean) {
  /** Who sent each request, and by which connection. */
  const from: { name: string | undefined; port: number | undefined }[] = [];
  const server = createServer(
    {
      ...{ key: tlsKey, cert: goodCertificate, ca: clientAuthority },
      ...{ requestCert: wantsCertificate, rejectUnauthorized: wantsCertificate },
    },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const name = wantsCertificate ? String(socket.getPeerCertificate().subject.CN) : undefined;
      from.push({ name, port: socket.remotePort });
      request.resume().on("end", () => response.end("ok"));
    },
  );
  server.on("tlsClientError", () => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}/`,
    from,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

let hub: TestHub;
let server: Awaited<ReturnType<typeof secureServer>>;
beforeAll(async () => {
  server = await secureServer(true);
  hub = await testHub();
  return async () => {
    await hub[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
});
beforeEach(() => {
  server.from.length = 0;
});

const mtls = { certificate: clientCertificate, key: clientKey };
const ca = goodCertificate;
let types = 0;
async function hookWith(auth: object | null, input: object = {}, by = hub) {
  const type = `mtls${++types}`;
  const { id } = await register(by, {
    ...{ url: server.url, types: [type], retries: 0, ...(auth && { auth }) },
    ...input,
  });
  return { type, id };
}
const attempt = async ({ type }: { type: string }, by = hub) => {
  const { id } = await emit(by, { type });
  const [only, ...others] = (await deliveryOf(by, id)).attempts;
  expect(others).toEqual([]);
  return only;
};
const untrusted = /^tls error: self-signed certificate/;
const refusedCertificate = {
  ...{ outcome: "CONNECTION_ERROR", statusCode: null },
  error: "tls error: tlsv13 alert certificate required",
};

test("a hook with a client certificate is known by it, and no call goes over the connection of another", async () => {
  const one = await hookWith({ mtls, ca });
  const other = await hookWith({ mtls: { certificate: otherCertificate, key: otherKey }, ca });
  const nobody = await hookWith({ ca });
  const untrusting = await hookWith(null);
  const stranger = await tenantOf(hub);
  const strange = await hookWith({ mtls, ca }, {}, stranger);
  // A connection rests for a moment before it is kept: until one is.
  const isKept = () => new Set(server.from.map(({ port }) => port)).size < server.from.length;
  const all = async () => {
    server.from.length = 0;
    expect(await attempt(one)).toMatchObject({ outcome: "SUCCESS", error: null });
    expect(await attempt(one)).toMatchObject({ outcome: "SUCCESS", error: null });
    const kept = isKept();
    expect(await attempt(other)).toMatchObject({ outcome: "SUCCESS" });
    expect(await attempt(strange, stranger)).toMatchObject({ outcome: "SUCCESS" });
    expect(await attempt(nobody)).toMatchObject(refusedCertificate);
    expect((await attempt(untrusting))?.error).toMatch(untrusted);
    return kept;
  };
  await expect.poll(all, { timeout: 15_000 }).toBe(true);
  expect(server.from.map(({ name }) => name)).toEqual(["hub", "hub", "other", "hub"]);
  const [first, , , last] = server.from;
  expect(last?.port).not.toBe(first?.port);
});

test("a certificate is changed as a whole, shown without its key, and taken away by null", async () => {
  const hook = await hookWith({ mtls, ca });
  const fields = "auth { oauth2 { clientId } mtls { subject notAfter } ca { subject notAfter } }";
  const shown = async () => {
    const { hook: found } = await hub.run<{ hook: { auth: object } }>(
      `query ($id: ID!) { hook(id: $id) { ${fields} } }`,
      { id: hook.id },
    );
    return found.auth;
  };
  const authorities = [{ subject: "CN=localhost", notAfter: "2120-01-02T00:00:00.000Z" }];
  const subject = "O=Example, CN=hub";
  expect(await shown()).toMatchObject({ oauth2: null, mtls: { subject }, ca: authorities });
  const inRest = (await (await rest(hub, "GET", `/v1/hooks/${hook.id}`)).json()) as object;
  expect(inRest).toMatchObject({ auth: await shown() });
  const [row] = await hub.db.sql<{ row: string }[]>`
    select h::text as row from signalbox.hooks h where id = ${hook.id}`;
  for (const text of [JSON.stringify(inRest), row?.row])
    expect(text).not.toMatch(/BEGIN|PRIVATE|MIG/);

  server.from.length = 0;
  await update(hub, hook.id, {
    auth: { mtls: { certificate: otherCertificate, key: otherKey }, ca },
  });
  expect(await shown()).toMatchObject({ mtls: { subject: "O=Example, CN=other" } });
  expect(await attempt(hook)).toMatchObject({ outcome: "SUCCESS" });
  expect(server.from.map(({ name }) => name)).toEqual(["other"]);
  const http = server.url.replace("https", "http");
  expect(await update(hub, hook.id, { url: http })).toMatchObject([
    { code: "INVALID", path: ["auth", "mtls"] },
  ]);
  await update(hub, hook.id, { auth: null });
  expect(await shown()).toBeNull();
  expect((await attempt(hook))?.error).toMatch(untrusted);
});

test("a hook's own authorities are trusted for its target and its token endpoint, in place of others", async () => {
  await using plain = await secureServer(false);
  const trusting = await hookWith({ ca }, { url: plain.url });
  expect(await attempt(trusting)).toMatchObject({ outcome: "SUCCESS", error: null });
  const wrong = await hookWith({ ca: clientAuthority }, { url: plain.url });
  expect((await attempt(wrong))?.error).toMatch(untrusted);
  await using tokens = await tokenServer();
  const both = { oauth2: { ...client, tokenUrl: tokens.url }, ca };
  expect(await attempt(await hookWith(both, { url: plain.url }))).toMatchObject({
    ...{ outcome: "SUCCESS", error: null },
  });
  const inTls = { oauth2: { ...client, tokenUrl: `${plain.url}token` } };
  expect((await attempt(await hookWith(inTls)))?.error).toMatch(
    /^oauth2 error: the token endpoint cannot be used: tls error: self-signed certificate/,
  );
  expect((await attempt(await hookWith({ ...inTls, ca })))?.error).toBe(
    "oauth2 error: the token endpoint answered 200 without an access_token",
  );
});

describe("what is no certificate is refused, and nothing is stored", () => {
  const damaged = clientCertificate.replace(/\n[A-Za-z0-9+/]{20}/, "\nAAAAAAAAAAAAAAAAAAAA");
  const pkcs1 =
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAA==\n-----END RSA PRIVATE KEY-----\n";
  test.each<[string, object, string, RegExp]>([
    ["no PEM", { mtls: { ...mtls, certificate: "MIIB" } }, "mtls.certificate", /one or more cert/],
    ["nothing", { mtls: { ...mtls, certificate: "" } }, "mtls.certificate", /one or more cert/],
    [
      "a damaged one",
      { mtls: { ...mtls, certificate: damaged } },
      "mtls.certificate",
      /1 is damaged/,
    ],
    [
      "a key beside it",
      { mtls: { ...mtls, certificate: clientCertificate + clientKey } },
      "mtls.certificate",
      /holds a private key/,
    ],
    [
      "an expired one",
      { mtls: { certificate: expiredCertificate, key: tlsKey } },
      "mtls.certificate",
      /has expired: certificate 1 was valid until 2020-01-02/,
    ],
    ["another's key", { mtls: { ...mtls, key: otherKey } }, "mtls.key", /does not belong/],
    [
      "the key of the second",
      { mtls: { ...mtls, certificate: otherCertificate + clientCertificate } },
      "mtls.key",
      /put its certificate first/,
    ],
    ["a key with a passphrase", { mtls: { ...mtls, key: encryptedKey } }, "mtls.key", /encrypted/],
    ["an old key with one", { mtls: { ...mtls, key: pkcs1 } }, "mtls.key", /is encrypted/],
    ["no key", { mtls: { ...mtls, key: clientCertificate } }, "mtls.key", /one private key/],
    ["two keys", { mtls: { ...mtls, key: clientKey + otherKey } }, "mtls.key", /one private key/],
    [
      "a damaged key",
      { mtls: { ...mtls, key: clientKey.replace(/\nMIG.{20}/, `\nMIG${"A".repeat(20)}`) } },
      "mtls.key",
      /cannot be read/,
    ],
    ["an expired authority", { ca: expiredCertificate }, "ca", /has expired/],
    ["no authority", { ca: "" }, "ca", /one or more certificates/],
    ["21 authorities", { ca: goodCertificate.repeat(21) }, "ca", /at most 20 certificates/],
    ["too much", { ca: "x".repeat(65_537) }, "ca", /at most 65536 characters/],
  ])("%s", async (_what, auth, place, problem) => {
    const count = async () => (await hub.db.sql`select 1 from signalbox.hooks`).length;
    const before = await count();
    const expected = {
      ...{ code: "INVALID", path: ["auth", ...place.split(".")] },
      message: expect.stringMatching(problem),
    };
    const input = { url: server.url, auth };
    expect((await tryRegister(hub, input)).userErrors).toEqual([expected]);
    const answered = await rest(hub, "POST", "/v1/hooks", { body: { types: ["a"], ...input } });
    const { errors } = (await answered.json()) as { errors: { code: string; path: string[] }[] };
    expect([answered.status, errors[0]?.code, errors[0]?.path]).toEqual([
      ...[422, "INVALID", expected.path],
    ]);
    expect(await count()).toBe(before);
  });

  test("a certificate over http", async () => {
    const url = server.url.replace("https", "http");
    for (const [auth, place] of [
      [{ mtls }, "mtls"],
      [{ ca }, "ca"],
    ] as const)
      expect((await tryRegister(hub, { url, auth })).userErrors).toMatchObject([
        { code: "INVALID", path: ["auth", place], message: expect.stringContaining("https url") },
      ]);
  });
});
