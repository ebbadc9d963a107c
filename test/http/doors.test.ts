import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Door, DoorRequest, Route } from "../../src/http/door/door.ts";
import { renderMessage, renderProblem } from "../../src/http/door/failure.ts";
import { readJson } from "../../src/http/door/readJson.ts";
import { createRouteTable } from "../../src/http/door/routeTable.ts";
import { jsonText } from "../../src/util/json/exactJson.ts";
import { RawJson } from "../../src/util/json/rawJson.ts";
import { Overloaded } from "../../src/util/overloaded.ts";
import { UserError, userError } from "../../src/util/userError.ts";
import { type Frame, startFrame } from "../fixtures/frame.ts";

const outcomes: Record<string, () => unknown> = {
  mistake: () => {
    throw new UserError([
      { code: "INVALID", message: "field 'a' is required", path: ["a"] },
      { code: "DATA_INVALID", message: "b is not a number", path: ["data", "b"] },
    ]);
  },
  gone: () => {
    throw userError("NOT_FOUND", "no thing", ["id"]);
  },
  taken: () => {
    throw userError("NAME_TAKEN", "the name is used", ["name"]);
  },
  full: () => {
    throw new Overloaded("too much", 7);
  },
  bug: () => {
    throw new Error("the secret plan");
  },
  away: () => {
    throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  },
};

/** Tells what a handler got. */
const tell = async ({ context, params, query }: DoorRequest) => {
  outcomes[params.id ?? ""]?.();
  const { role } = context.caller;
  return { status: 200, body: { role, params, query: Object.fromEntries(query) } };
};
const waiting = { count: 0 };
const read = { operation: "Query.hooks" } as const;
const change = { operation: "Mutation.registerHook" } as const;
const things: Route[] = [
  { method: "GET", path: "/v1/things", ...read, handle: tell },
  {
    method: "POST",
    path: "/v1/things",
    ...change,
    handle: async (request) => ({
      status: 201,
      body: { sent: new RawJson(jsonText(readJson(request))) },
      headers: { location: "/v1/things/1" },
    }),
  },
  { method: "GET", path: "/v1/things/{id}", ...read, handle: tell },
  { method: "DELETE", path: "/v1/things/{id}", ...change, handle: async () => ({ status: 204 }) },
  {
    method: "GET",
    path: "/v1/waits",
    ...read,
    waitsMs: 30_000,
    handle: async ({ context: { ended } }) => {
      waiting.count++;
      await new Promise((resolve) => ended?.addEventListener("abort", resolve));
      waiting.count--;
      return { status: 200, body: "over" };
    },
  },
  { method: "GET", path: "/open.json", open: () => ({ status: 200, body: { open: true } }) },
];
const doors: Door[] = [
  { prefixes: ["/v1/"], routes: things, renderFailure: renderProblem },
  {
    prefixes: ["/api/v1/"],
    routes: [{ method: "POST", path: "/api/v1/log", ...change, handle: tell }],
    renderFailure: ({ status, code, message }) => ({ status, body: { code, detail: message } }),
  },
  {
    prefixes: [],
    routes: [
      { method: "POST", path: "/{version:\\d+-\\d+}/run/{id}", ...change, handle: tell },
      { method: "POST", path: "/v1/api/{project}/queue", ...change, handle: tell },
    ],
    renderFailure: renderMessage,
  },
];

let frame: Frame;
beforeAll(async () => {
  frame = await startFrame({ doors, allowedOrigins: ["https://app.example"] });
});
afterAll(() => frame[Symbol.asyncDispose]());

const call = (method: string, path: string, init: RequestInit & { key?: string } = {}) =>
  fetch(frame.url + path, {
    method,
    ...init,
    headers: {
      authorization: `Bearer ${init.key ?? "admin"}`,
      ...(init.body != null && { "content-type": "application/json" }),
      ...init.headers,
    },
  });
const problem = async (response: Response) => {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const body = (await response.json()) as { status: number; detail: string; errors: object[] };
  expect(body.status).toBe(response.status);
  return body;
};

test("a path finds the most specific route of all doors, and its named parts are decoded", async () => {
  const find = createRouteTable(doors);
  expect(find("/v1/things/1")?.params).toEqual([["id", "1"]]);
  expect(find("/v1/api/p/queue")?.door).toBe(doors[2]);
  expect(find("/api/v1/log")?.door).toBe(doors[1]);
  expect(find("/2023-12/run/event")?.params).toEqual([
    ["version", "2023-12"],
    ["id", "event"],
  ]);
  // Without a route it is of the door whose prefix it has, and otherwise of none.
  expect(find("/v1/api/p/other")).toMatchObject({ door: doors[0], methods: new Map() });
  expect([find("/v2/run/event"), find("/v1"), find("/hooks/1")]).toEqual(Array(3).fill(undefined));
  expect(() => createRouteTable([...doors, ...doors])).toThrow("two routes for GET /v1/things");

  const answer = await call("GET", "/v1/things/a%2Fb%20%C3%BC?x=1&y=%20z");
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { role: "ADMIN", params: { id: "a/b ü" }, query: { x: "1", y: " z" } },
  ]);
  expect((await call("GET", "/hooks/1")).headers.get("content-type")).not.toContain("problem");
});

test("a body is read to the digit, and an answer has its status, headers and request id", async () => {
  const body = '{"n":9007199254740993,"x":1.0,"2":"b","1":"a"}';
  const answer = await call("POST", "/v1/things", { body });
  expect([answer.status, await answer.text()]).toEqual([201, `{"sent":${body}}`]);
  expect(answer.headers.get("location")).toBe("/v1/things/1");
  expect(answer.headers.get("x-request-id")).toMatch(/^[\da-f]{8}-[\da-z]+$/);
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  const deleted = await call("DELETE", "/v1/things/1");
  expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
  const head = await call("HEAD", "/v1/things");
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("a wrong path, method, part or key is told, each in its own words", async () => {
  expect(await problem(await call("GET", "/v1/nothing"))).toMatchObject({
    status: 404,
    title: "Not Found",
    errors: [{ code: "NOT_FOUND", path: [], message: "there is nothing at /v1/nothing" }],
  });
  const method = await call("PUT", "/v1/things", { body: "{}" });
  expect(method.headers.get("allow")).toBe("GET, HEAD, POST");
  expect((await problem(method)).detail).toBe("/v1/things takes GET, HEAD, POST, not PUT.");
  for (const part of ["%zz", "%C3", "a%00"])
    expect((await problem(await call("GET", `/v1/things/${part}`))).detail).toBe(
      `The part {id} of the path is not valid: ${part}`,
    );
  expect((await problem(await call("GET", "/v1/things?a=%00"))).status).toBe(400);
  for (const authorization of ["", "admin", "Bearer nobody"]) {
    const answer = await call("GET", "/v1/things", { headers: { authorization } });
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect((await problem(answer)).errors).toMatchObject([{ code: "UNAUTHENTICATED" }]);
  }
  expect((await problem(await call("POST", "/v1/things", { key: "viewer" }))).detail).toBe(
    "POST /v1/things needs the role ADMIN; this key has VIEWER.",
  );
  expect((await call("GET", "/v1/things", { key: "viewer" })).status).toBe(200);
  expect((await call("GET", "/v1/things", { key: "emitter" })).status).toBe(403);
  const open = await fetch(`${frame.url}/open.json`);
  expect([open.status, await open.json()]).toEqual([200, { open: true }]);
});

test("a body that cannot be read is told what would be right", async () => {
  const told = async (body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) => {
    const { status, errors } = await problem(await call("POST", "/v1/things", { body, headers }));
    return [status, ...errors.map((it) => (it as { code: string }).code)];
  };
  expect(await told("{")).toEqual([400, "BAD_REQUEST"]);
  expect(await told("")).toEqual([400, "BAD_REQUEST"]);
  expect(await told(Buffer.from([0x22, 0xff, 0x22]))).toEqual([400, "BAD_REQUEST"]);
  expect(await told(`${"[".repeat(67)}${"]".repeat(67)}`)).toEqual([400, "LIMIT_EXCEEDED"]);
  const type = "UNSUPPORTED_MEDIA_TYPE";
  expect(await told("{}", { "content-type": "text/plain" })).toEqual([415, type]);
  expect(await told("{}", { "content-encoding": "gzip" })).toEqual([415, type]);
  expect(await told(" ".repeat(4 * 2 ** 20 + 1))).toEqual([413, "REQUEST_TOO_LARGE"]);
});

test("mistakes, overload and outages have their status; a bug is masked and logged", async () => {
  expect(await problem(await call("GET", "/v1/things/mistake"))).toMatchObject({
    status: 422,
    detail: "field 'a' is required, b is not a number",
    errors: [
      { code: "INVALID", path: ["a"], message: "field 'a' is required" },
      { code: "DATA_INVALID", path: ["data", "b"], message: "b is not a number" },
    ],
  });
  expect((await problem(await call("GET", "/v1/things/gone"))).status).toBe(404);
  expect((await problem(await call("GET", "/v1/things/taken"))).status).toBe(409);
  const full = await call("GET", "/v1/things/full");
  expect([full.status, full.headers.get("retry-after")]).toEqual([429, "7"]);
  const away = await call("GET", "/v1/things/away");
  expect([away.status, away.headers.get("retry-after")]).toEqual([503, "1"]);
  const bug = await call("GET", "/v1/things/bug");
  const requestId = bug.headers.get("x-request-id");
  expect((await problem(bug)).detail).toBe(`Internal error. Request id: ${requestId}`);
  expect(frame.logged.join("")).toMatch(new RegExp(`secret plan.*${requestId}`));
});

test("each door tells errors in its own form", async () => {
  const svix = await call("POST", "/api/v1/log", { key: "viewer" });
  expect(await svix.json()).toEqual({
    code: "FORBIDDEN",
    detail: "POST /api/v1/log needs the role ADMIN; this key has VIEWER.",
  });
  const other = await call("POST", "/2023-12/run/gone", { body: "{}" });
  expect([other.status, await other.json()]).toEqual([404, { message: "no thing" }]);
});

test("pages of a listed origin may call a door with its methods, and others are told no", async () => {
  const from = (origin: string, method = "GET", headers: Record<string, string> = {}) =>
    call(method, "/v1/things/1", { headers: { origin, ...headers } });
  const asked = await from("https://app.example", "OPTIONS", {
    "access-control-request-method": "DELETE",
    "access-control-request-headers": "idempotency-key",
  });
  expect(asked.status).toBe(204);
  expect(asked.headers.get("access-control-allow-methods")).toBe("GET, HEAD, DELETE");
  expect(asked.headers.get("access-control-allow-headers")).toBe("idempotency-key");
  const answer = await from("https://app.example");
  expect(answer.headers.get("access-control-allow-origin")).toBe("https://app.example");
  expect((await problem(await from("https://evil.example"))).detail).toContain(
    "Pages of the origin https://evil.example may not call this hub.",
  );
});

test("a long poll ends with its client, and is 401 within 5 s of its key's end", async () => {
  const leaving = request(`${frame.url}/v1/waits`, { headers: { authorization: "Bearer viewer" } });
  leaving.on("error", () => {}).end();
  await expect.poll(() => waiting.count).toBe(1);
  leaving.destroy();
  await expect.poll(() => waiting.count).toBe(0);
  const revoked = call("GET", "/v1/waits", { key: "operator" });
  await expect.poll(() => waiting.count).toBe(1);
  frame.revoked.add("operator");
  expect((await problem(await revoked)).status).toBe(401);
});
