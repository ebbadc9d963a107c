import { afterAll, beforeAll, expect, test } from "vitest";
import { type Frame, feed, startFrame } from "../fixtures/frame.ts";

let frame: Frame;
beforeAll(async () => {
  frame = await startFrame();
});
afterAll(async () => {
  await frame[Symbol.asyncDispose]();
});

const emit = (type: string) => ({
  query:
    "mutation ($input: EmitEventInput!) { emitEvent(input: $input) { event { type data } isDuplicate userErrors { code path } } }",
  variables: { input: { type, data: { amount: 1 } } },
});
const code = async (response: Response) => {
  const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
  return `${response.status} ${errors[0]?.extensions.code}`;
};

test("a mutation is answered with JSON and a request id", async () => {
  const response = await frame.post(emit("order.created"));
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(response.headers.get("x-request-id")).toMatch(/^[\da-f]{8}-[\da-z]+$/);
  expect(await response.json()).toEqual({
    data: {
      emitEvent: {
        event: { type: "order.created", data: { amount: 1 } },
        isDuplicate: false,
        userErrors: [],
      },
    },
  });
});

test("the media type is the first of the client's that we have", async () => {
  const type = "application/graphql-response+json";
  const response = await frame.post(emit("a"), { accept: `text/html, ${type}, application/json` });
  expect(response.headers.get("content-type")).toBe(`${type}; charset=utf-8`);
  const other = await frame.post(emit("a"), { accept: "image/png" });
  expect(await code(other)).toBe("406 NOT_ACCEPTABLE");
});

test("a missing or wrong key is 401, whatever else is wrong; the scheme word counts in any case", async () => {
  expect((await frame.post(emit("a"), { authorization: "bEARER admin" })).status).toBe(200);
  for (const authorization of ["", "admin", "Basic admin", "Bearer nobody"]) {
    const response = await frame.post("{ not json", {
      authorization,
      "content-type": "text/plain",
    });
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await code(response)).toBe("401 UNAUTHENTICATED");
  }
});

test("mistakes of the caller are userErrors, bugs are masked and logged under the request id", async () => {
  const mistaken = await (await frame.post(emit("mistake"))).json();
  expect(mistaken).toEqual({
    data: {
      emitEvent: {
        event: null,
        isDuplicate: false,
        userErrors: [{ code: "DATA_INVALID", path: ["data"] }],
      },
    },
  });
  const response = await frame.post(emit("bug"));
  const requestId = response.headers.get("x-request-id") ?? "";
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(text).toContain(`Internal error. Request id: ${requestId}`);
  expect(text).not.toContain("secret plan");
  expect(frame.logged.join("")).toMatch(new RegExp(`secret plan.*${requestId}`));
});

test("a mistake in a query is a top-level error with its own code", async () => {
  const response = await frame.post({ query: '{ event(id: "mistake") { id } }' });
  expect(await response.json()).toMatchObject({
    errors: [{ message: "data does not fit", extensions: { code: "DATA_INVALID" } }],
  });
});

test.each(["away", "full"])("a database that is %s is 503, to be tried again", async (type) => {
  const response = await frame.post(emit(type));
  expect(response.headers.get("retry-after")).toBe("1");
  expect(await code(response)).toBe("503 UNAVAILABLE");
});

test("a database that is away when the key is looked up is 503 too", async () => {
  const response = await frame.post(emit("a"), { authorization: "Bearer away" });
  expect(await code(response)).toBe("503 UNAVAILABLE");
});

test.each([
  ["form", "application/x-www-form-urlencoded", "query={viewer{keyName}}"],
  ["multipart", "multipart/form-data; boundary=x", "--x--"],
  ["text", "text/plain", JSON.stringify({ query: "{viewer{keyName}}" })],
  ["application/graphql", "application/graphql", "{viewer{keyName}}"],
  ["UTF-16", "application/json; charset=utf-16", "{}"],
  ["nothing", "", "{}"],
])("%s is refused with 415, and nothing is executed", async (_, type, body) => {
  const before = feed.emitted;
  expect(await code(await frame.post(body, { "content-type": type }))).toBe(
    "415 UNSUPPORTED_MEDIA_TYPE",
  );
  expect(feed.emitted).toBe(before);
});

test("queries and mutations by GET are refused", async () => {
  const before = feed.emitted;
  for (const query of ["{viewer{keyName}}", 'mutation{emitEvent(input:{type:"a"}){isDuplicate}}']) {
    const response = await fetch(`${frame.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { authorization: "Bearer admin" },
    });
    expect(response.headers.get("allow")).toBe("POST");
    expect(await code(response)).toBe("405 METHOD_NOT_ALLOWED");
  }
  expect(feed.emitted).toBe(before);
});

test.each([
  ["a list", [emit("a"), emit("a")]],
  ["null", "null"],
  ["no JSON", "{"],
  ["a byte order mark", `\uFEFF${JSON.stringify(emit("a"))}`],
  ["no query", {}],
  ["a query that is no string", { query: { a: 1 } }],
  ["variables that are no object", { query: "{viewer{keyName}}", variables: [1] }],
  ["an operation name that is no string", { query: "{viewer{keyName}}", operationName: 1 }],
  ["an empty document", { query: " " }],
  ["an unknown operation name", { query: "{viewer{keyName}}", operationName: "nope" }],
  [
    "several operations and no name",
    { query: "query a {viewer{keyName}} query b {viewer{keyName}}" },
  ],
  [
    "an Int out of range",
    {
      query: "query ($n: Int) { events(first: $n) { nodes { id } } }",
      variables: { n: -(2 ** 31) - 1 },
    },
  ],
])("%s is a bad request", async (_, body) => {
  expect(await code(await frame.post(body))).toBe("400 BAD_REQUEST");
});

test("syntax and validation errors are 400 with their codes, for either media type", async () => {
  for (const accept of ["application/json", "application/graphql-response+json"]) {
    const syntax = await frame.post({ query: "{ viewer {" }, { accept });
    expect(await code(syntax)).toBe("400 GRAPHQL_PARSE_FAILED");
    const unknown = await frame.post({ query: "{ nope }" }, { accept });
    expect(await code(unknown)).toBe("400 GRAPHQL_VALIDATION_FAILED");
  }
});

test("a body over 4 MiB is 413, announced or streamed", async () => {
  const big = " ".repeat(4 * 1024 * 1024 + 1);
  expect(await code(await frame.post(big))).toBe("413 REQUEST_TOO_LARGE");
  const streamed = await fetch(`${frame.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer admin" },
    body: new Blob([big]).stream(),
    duplex: "half",
  } as RequestInit);
  expect(await code(streamed)).toBe("413 REQUEST_TOO_LARGE");
});

test("no other site is let in, and every answer says how it may be used", async () => {
  const response = await frame.post(emit("a"), { origin: "https://evil.example" });
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(response.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
});

test("keys of JSON that look like prototypes are plain data", async () => {
  const literal = await frame.post({
    query:
      'mutation { emitEvent(input: { type: "a", data: { __proto__: { polluted: 1 } } }) { event { data } } }',
  });
  expect(await literal.text()).toContain('{"__proto__":{"polluted":1}}');
  const variable = await frame.post(
    '{"query":"mutation ($d: JSON) { emitEvent(input: { type: \\"a\\", data: $d }) { event { data } } }","variables":{"d":{"__proto__":{"polluted":1},"constructor":2}}}',
  );
  expect(await variable.text()).toContain('{"__proto__":{"polluted":1},"constructor":2}');
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

test("variables stand inside JSON literals, and DateTime is read strictly and shown in UTC", async () => {
  const query = `mutation ($n: Int) {
    a: emitEvent(input: { type: "a", data: { list: [$n, 1.5, true, null], text: "x" } }) { event { data occurredAt } }
    b: emitEvent(input: { type: "a", occurredAt: "2026-01-31T12:00:00+02:00" }) { event { data } }
  }`;
  expect(await (await frame.post({ query, variables: { n: 7 } })).json()).toEqual({
    data: {
      a: {
        event: {
          data: { list: [7, 1.5, true, null], text: "x" },
          occurredAt: "2026-11-21T04:02:11.500Z",
        },
      },
      b: { event: { data: "2026-01-31T10:00:00.000Z" } },
    },
  });
  for (const wrong of ["2026-02-30T00:00:00Z", "2026-01-31", "2026-01-31T12:00:00", "now"]) {
    const response = await frame.post({
      query:
        'mutation ($t: DateTime) { emitEvent(input: { type: "a", occurredAt: $t }) { isDuplicate } }',
      variables: { t: wrong },
    });
    expect(await code(response), wrong).toBe("400 BAD_REQUEST");
  }
});

test("pages have at most 100 rows, and only cursors of ours are taken", async () => {
  const page = (args: string) => frame.post({ query: `{ events(${args}) { nodes { id } } }` });
  expect(await code(await page("first: 101"))).toBe("400 LIMIT_EXCEEDED");
  expect(await code(await page("first: -1"))).toBe("400 BAD_REQUEST");
  expect(await code(await page("first: 1, last: 1"))).toBe("400 BAD_REQUEST");
  expect(await code(await page('after: "nonsense"'))).toBe("400 BAD_REQUEST");
  const query = "{ events { nodes { id } pageInfo { endCursor hasNextPage } } }";
  const { data } = (await (await frame.post({ query })).json()) as {
    data: { events: { nodes: unknown[]; pageInfo: { endCursor: string } } };
  };
  expect(data.events.nodes).toHaveLength(20);
  expect((await page(`after: "${data.events.pageInfo.endCursor}"`)).status).toBe(200);
});

test("/healthz, /readyz and /metrics answer; everything else is 404", async () => {
  expect(await (await fetch(`${frame.url}/healthz`)).text()).toBe("ok\n");
  expect((await fetch(`${frame.url}/readyz`)).status).toBe(200);
  frame.revoked.add("ready");
  const ready = async () => (await fetch(`${frame.url}/readyz`)).status;
  await expect.poll(ready, { timeout: 5_000 }).toBe(503);
  expect(await (await fetch(`${frame.url}/metrics`)).text()).toContain("signalbox_emits_total");
  for (const path of ["/nope", "/graphql/x", "/%00", "//graphql"]) {
    expect((await fetch(`${frame.url}${path}`)).status, path).toBe(404);
  }
});

test("a browser gets GraphiQL at the address of the API, from this server alone", async () => {
  const page = await fetch(`${frame.url}/graphql`, { headers: { accept: "text/html,*/*" } });
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("vary")).toBe("accept, accept-encoding");
  const html = await page.text();
  const [script = ""] = /\/assets\/graphiql-[^"]+\.js/.exec(html) ?? [];
  expect(await (await fetch(frame.url + script)).text()).toContain("PASTE_YOUR_KEY");
  expect(html).not.toMatch(/(src|href)="https?:/);
  const etag = page.headers.get("etag") ?? "";
  const again = await fetch(`${frame.url}/graphql`, {
    headers: { accept: "text/html", "if-none-match": etag },
  });
  expect(again.status).toBe(304);
});
