import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freshDatabase } from "../fixtures/database.ts";
import {
  deliveryOf,
  emit,
  emitMany,
  hookOf,
  register,
  tryRegister,
  update,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { privateAddresses } from "../fixtures/privateAddresses.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";
import { client, type TokenServer, tokenServer } from "../fixtures/tokenServer.ts";

let hub: TestHub;
let target: Receiver;
let tokens: TokenServer;
beforeAll(async () => {
  target = await receiver();
  tokens = await tokenServer();
  hub = await testHub();
  return async () => {
    await hub[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
    await tokens[Symbol.asyncDispose]();
  };
});
beforeEach(() => {
  target.requests.length = 0;
  target.answer = status(200);
  Object.assign(tokens, { granted: [], refused: [], over: {}, instead: null, hold: null });
});

const oauth2 = (over: object = {}) => ({
  auth: { oauth2: { ...client, tokenUrl: tokens.url, ...over } },
});
let types = 0;
/** A hook of a type of its own, with a token of its own. */
async function hookWith(over: object = {}, input: object = {}) {
  const type = `oauth${++types}`;
  const { id } = await register(hub, {
    ...{ url: target.url, types: [type], retryScheduleMs: [100] },
    ...oauth2({ scope: type, ...over }),
    ...input,
  });
  return { type, id };
}
const authorizations = () => target.requests.map(({ headers }) => headers.authorization);

describe("a hook with OAuth2", () => {
  test("is called with a token, fetched once for all that wait for it, and used until it expires", async () => {
    const { type } = await hookWith({ scope: "a b", audience: "https://api.example" });
    const { promise, resolve } = Promise.withResolvers<void>();
    tokens.hold = promise;
    const ids = await emitMany(hub, Array(5).fill({ type }));
    resolve();
    await expect.poll(() => target.requests.length).toBe(5);
    expect(authorizations()).toEqual(Array(5).fill("Bearer token-1"));
    expect(tokens.granted).toEqual([
      { scope: "a b", audience: "https://api.example", by: "basic" },
    ]);
    await emit(hub, { type });
    expect(tokens.granted.length).toBe(1);
    const delivery = await deliveryOf(hub, ids[0] ?? "");
    expect(delivery.attempts[0]?.requestHeaders.authorization).toBe("[redacted]");
  });

  test("may send its secret in the body, and asks again for a token that is used up", async () => {
    const { type } = await hookWith({ clientAuthentication: "CLIENT_SECRET_POST" });
    tokens.over = { expires_in: 0 };
    await emit(hub, { type });
    await emit(hub, { type });
    expect(tokens.granted.map(({ by }) => by)).toEqual(["post", "post"]);
    expect(new Set(authorizations()).size).toBe(2);
  });

  test("throws a token away that its target refuses, and fetches another for the next try, and is not deleted", async () => {
    const { type } = await hookWith({}, { unsubscribeOn: [401] });
    await emit(hub, { type });
    const [first] = authorizations();
    target.answer = (request, response) =>
      status(request.headers.authorization === first ? 401 : 200)(request, response);
    const { id } = await emit(hub, { type });
    expect((await deliveryOf(hub, id)).attempts).toMatchObject([
      { number: 1, statusCode: 401, outcome: "RESPONSE_ERROR" },
      { number: 2, statusCode: 200, outcome: "SUCCESS" },
    ]);
    expect(tokens.granted.length).toBe(2);
    expect(target.requests.length).toBe(3);
  });

  test("shows what it is, and neither its secret nor a token", async () => {
    const { id, type } = await hookWith({ scope: "s" });
    await emit(hub, { type });
    const fields =
      "auth { oauth2 { tokenUrl clientId clientAuthentication scope audience } mtls { subject } ca { subject } }";
    const { hook } = await hub.run<{ hook: object }>(
      `query ($id: ID!) { hook(id: $id) { ${fields} } }`,
      { id },
    );
    expect(hook).toEqual({
      auth: {
        oauth2: {
          ...{ tokenUrl: tokens.url, clientId: client.clientId, scope: "s", audience: null },
          clientAuthentication: "CLIENT_SECRET_BASIC",
        },
        ...{ mtls: null, ca: null },
      },
    });
    const stored = await hub.db.sql<{ row: string }[]>`
      select h::text as row from signalbox.hooks h union all select a::text from signalbox.attempts a`;
    expect(JSON.stringify(stored)).not.toContain(client.clientSecret);
    expect(JSON.stringify(stored)).not.toMatch(/token-\d/);
  });

  test("shares its token with the hooks of the project that ask for the same, and no other", async () => {
    const { type } = await hookWith({ scope: "shared" });
    const same = await hookWith({ scope: "shared" });
    const other = await hookWith({ scope: "other" });
    for (const one of [type, same.type, other.type]) await emit(hub, { type: one });
    expect(tokens.granted.map(({ scope }) => scope)).toEqual(["shared", "other"]);
    const [first, second, third] = authorizations();
    expect([second === first, third === first]).toEqual([true, false]);
  });

  test("is changed as a whole, and taken away by null", async () => {
    const { id, type } = await hookWith({ scope: "old" });
    expect(await update(hub, id, { name: "kept" })).toEqual([]);
    await emit(hub, { type });
    expect(await update(hub, id, oauth2({ scope: "new" }))).toEqual([]);
    await emit(hub, { type });
    expect(tokens.granted.map(({ scope }) => scope)).toEqual(["old", "new"]);
    expect(await update(hub, id, { auth: null })).toEqual([]);
    await emit(hub, { type });
    expect(authorizations()[2]).toBeUndefined();
  });

  test("has its handshake with the token, too", async () => {
    target.answer = (request, response) => {
      const secret = String(request.headers["x-hook-secret"]);
      const isKnown = tokens.isNewest(request.headers.authorization);
      response.writeHead(isKnown ? 200 : 401, { "x-hook-secret": secret }).end();
    };
    const { id } = await hookWith({}, { verification: "HOOK_SECRET" });
    await expect.poll(async () => (await hookOf(hub, id)).status).toBe("ACTIVE");
  });
});

describe("a token endpoint that brings no token", () => {
  const answer = (code: number, body: string) => () => {
    tokens.instead = (response) => response.writeHead(code).end(body);
  };
  test.each<[string, () => void, string]>([
    ["refuses the client", () => {}, "answered 401 (invalid_client)"],
    ["is out of order", answer(503, "<p>"), "answered 503"],
    ["answers no JSON", answer(200, "<p>"), "answered 200 without an access_token"],
    ["answers a list", answer(200, "[]"), "answered 200 without an access_token"],
    [
      "answers an error with 200",
      answer(200, '{"error":"invalid_scope"}'),
      "answered 200 without an access_token (invalid_scope)",
    ],
    [
      "answers a token of two lines",
      answer(200, '{"access_token":"a\\r\\nx-evil: 1"}'),
      "gave a token that is no Bearer token of at most 16384 characters",
    ],
    [
      "answers a token of another type",
      answer(200, '{"access_token":"a","token_type":"mac"}'),
      "gave a token of a type other than Bearer",
    ],
    [
      "answers without end",
      answer(200, `{"access_token":"a","x":"${"x".repeat(100_000)}"}`),
      "answered 200 without an access_token",
    ],
    ["redirects", answer(302, ""), "answered 302"],
    [
      "is silent",
      () => {
        tokens.hold = new Promise(() => {});
      },
      "cannot be used: timeout: no complete answer within 300 ms",
    ],
    [
      "hangs up",
      () => {
        tokens.instead = (response) => response.destroy();
      },
      "cannot be used: connection closed: ended before the answer was complete",
    ],
  ])(
    "because it %s fails the attempt, is tried again, and sends the target nothing",
    async (what, prepare, why) => {
      const isRefused = what === "refuses the client";
      // Short only where it has to pass.
      const { type } = await hookWith(isRefused ? { clientSecret: "wrong" } : {}, {
        ...{ retries: 1, ...(what === "is silent" && { timeoutMs: 300 }) },
      });
      prepare();
      const { id } = await emit(hub, { type });
      const failed = {
        ...{ outcome: "CONNECTION_ERROR", statusCode: null, remoteAddress: null },
        error: `oauth2 error: the token endpoint ${why}`,
      };
      const delivery = await deliveryOf(hub, id);
      expect(delivery).toMatchObject({ status: "FAILED", attempts: [failed, failed] });
      expect(target.requests).toEqual([]);
    },
  );
});

describe("the address guard judges the token endpoint", () => {
  const told = async (over: object, input: object = {}) => {
    const { userErrors } = await tryRegister(hub, { url: target.url, ...oauth2(over), ...input });
    return userErrors.map(({ code, path, message }) => `${code} ${path.join(".")}: ${message}`);
  };

  test("when a hook is saved, for every private address", async () => {
    const outside = privateAddresses.filter((ip) => !/^127\.|^::1$|7f|127\.0/.test(ip));
    for (const ip of outside) {
      const host = ip.includes(":") ? `[${ip}]` : ip;
      expect(await told({ tokenUrl: `https://${host}/token` }), ip).toEqual([
        expect.stringMatching(
          /^TARGET_REFUSED auth\.oauth2\.tokenUrl: auth\.oauth2\.tokenUrl's host .* may not be called/,
        ),
      ]);
    }
    expect(await told({ tokenUrl: "https://u:p@example.com/" })).toEqual([
      expect.stringMatching(/^TARGET_REFUSED auth\.oauth2\.tokenUrl: /),
    ]);
    for (const tokenUrl of ["", "token", "mailto:a@example.com", "https:"])
      expect(await told({ tokenUrl }), tokenUrl).toEqual([
        expect.stringMatching(
          /^INVALID auth\.oauth2\.tokenUrl: auth\.oauth2\.tokenUrl is an absolute/,
        ),
      ]);
  });

  test("each time a token is fetched, when the operator's ranges have changed since", async () => {
    await using database = await freshDatabase();
    const api = { databaseUrl: database.url, roles: { api: true, worker: false } };
    await using first = await testHub(api);
    const tokenUrl = tokens.url.replace("127.0.0.1", "127.0.0.2");
    await register(first, { url: target.url, retries: 0, ...oauth2({ tokenUrl }) });
    await using _worker = await testHub({
      ...{ ...first.settings, roles: { api: false, worker: true } },
      allowTargets: ["127.0.0.1/32"],
    });
    const { id } = await emit(first);
    expect((await deliveryOf(first, id)).attempts).toMatchObject([
      {
        ...{ outcome: "REFUSED", statusCode: null },
        error: "oauth2 error: the token endpoint cannot be used: address not allowed",
      },
    ]);
    expect([tokens.granted, target.requests]).toEqual([[], []]);
  });

  test("and everything else of it is checked, with nothing stored", async () => {
    const count = async () => (await hub.db.sql`select 1 from signalbox.hooks`).length;
    const before = await count();
    const wrong: [object, object, RegExp][] = [
      [{ clientId: "" }, {}, /^INVALID auth\.oauth2\.clientId: .*printable/],
      [{ clientSecret: "é" }, {}, /^INVALID auth\.oauth2\.clientSecret: .*printable/],
      [{ clientSecret: "x".repeat(4_097) }, {}, /^INVALID auth\.oauth2\.clientSecret: .*at most/],
      [{ scope: "" }, {}, /^INVALID auth\.oauth2\.scope: /],
      [{}, { auth: {} }, /^INVALID auth: auth needs oauth2, mtls or ca/],
      [
        {},
        { headers: { Authorization: "x" } },
        /^INVALID headers\.Authorization: header authorization is set by auth/,
      ],
    ];
    for (const [over, input, problem] of wrong)
      expect(await told(over, input)).toEqual([expect.stringMatching(problem)]);
    const both = { ...oauth2().auth, mtls: { certificate: "", key: "" } };
    expect(await told({}, { auth: both })).toEqual([
      "INVALID auth: auth has either oauth2 or mtls, not both",
    ]);
    expect(await count()).toBe(before);
  });
});
