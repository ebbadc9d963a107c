import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { answer, rest, told } from "../fixtures/rest.ts";

type List<Item> = { items: Item[] };

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const call = (method: string, path: string, body?: unknown) =>
  rest(hub, method, path, body === undefined ? {} : { body });
const get = <Body>(path: string) => answer<Body>(call("GET", path));

describe("event types", () => {
  test("are registered, changed and archived, and each version's schema can be read", async () => {
    const name = "order/paid €";
    const path = `/v1/event-types/${encodeURIComponent(name)}`;
    const schema = '{"type":"object","properties":{"n":{"maximum":9007199254740993}}}';
    const created = await call(
      "POST",
      "/v1/event-types",
      `{"name":"${name}","schema":${schema},"example":{"n":1.0}}`,
    );
    expect([created.status, created.headers.get("location")]).toEqual([201, path]);
    expect(await created.text()).toContain(
      `"schema":${schema},"jsonSchema":${schema},"example":{"n":1.0}`,
    );
    const next = { ...JSON.parse(schema), required: ["n"] };
    expect(await told(call("PATCH", path, { schema: next }))).toMatch(/^409 BREAKING_CHANGE/);
    expect(await answer(call("PATCH", path, { schema: next, allowBreaking: true }))).toMatchObject({
      version: 2,
      example: { n: 1 },
    });
    expect(await answer(call("PATCH", path, { description: "Paid" }))).toMatchObject({
      version: 2,
      description: "Paid",
      schema: { required: ["n"] },
    });
    const versions = `/v1/schemas/${encodeURIComponent(name)}`;
    const first = await call("GET", `${versions}/1`);
    expect(first.headers.get("content-type")).toBe("application/schema+json");
    expect(await first.text()).toBe(schema);
    expect(await get(`${versions}/2`)).toMatchObject({ required: ["n"] });
    for (const version of ["3", "0", "1.0", "latest"])
      expect(await told(call("GET", `${versions}/${version}`))).toBe("404 NOT_FOUND version");
    expect(await told(call("GET", "/v1/schemas/none/1"))).toBe("404 NOT_FOUND name");
    expect(await told(call("POST", "/v1/events", { type: name, data: {} }))).toBe(
      "422 DATA_INVALID data.n",
    );
    expect((await get<List<object>>("/v1/event-types?search=PAID")).items).toMatchObject([
      { name, lastSeenAt: null },
    ]);
    expect((await call("POST", "/v1/events", { type: name, data: { n: 1 } })).status).toBe(201);
    expect(await get(path)).toMatchObject({ lastSeenAt: expect.stringMatching(/Z$/) });
    expect((await call("DELETE", path)).status).toBe(204);
    expect((await get<List<object>>("/v1/event-types")).items).toEqual([]);
    expect(await get(path)).toMatchObject({ name, archivedAt: expect.any(String) });
    expect(await told(call("DELETE", "/v1/event-types/none"))).toBe("404 NOT_FOUND name");
    expect(await told(call("PATCH", "/v1/event-types/none", {}))).toBe("404 NOT_FOUND name");
  });

  test.each([
    ["no name", {}, "422 INVALID name"],
    ["a pattern for a name", { name: "a.*" }, "422 INVALID name"],
    [
      "a schema that is none",
      { name: "s", schema: { type: "text" } },
      "422 SCHEMA_INVALID schema.type",
    ],
    [
      "an example that does not fit",
      { name: "s", schema: { type: "string" }, example: 1 },
      "422 DATA_INVALID example",
    ],
    ["a field that is unknown", { name: "s", shema: {} }, "422 INVALID shema"],
  ])("with %s are refused, and nothing is stored", async (_what, input, problem) => {
    expect(await told(call("POST", "/v1/event-types", input))).toBe(problem);
    expect(await told(call("GET", "/v1/event-types/s"))).toBe("404 NOT_FOUND name");
  });
});
