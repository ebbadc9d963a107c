import { createRequire } from "node:module";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../src/db/embedded/freePort.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import { answer, rest } from "../fixtures/rest.ts";

type Json = Record<string, never>;
type Operation = {
  operationId: string;
  parameters: { name: string; in: string; schema: Json }[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, { content?: Record<string, { schema: Json }> }>;
};
type Openapi = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties: Json; description: string }> };
};

const asyncapiSchema = createRequire(import.meta.url)(
  "@asyncapi/specs/schemas/3.0.0-without-$id.json",
);

let hub: TestHub;
let openapi: Openapi;
beforeAll(async () => {
  hub = await testHub();
  openapi = (await (await fetch(`${hub.url}/openapi.json`)).json()) as Openapi;
});
afterAll(() => hub[Symbol.asyncDispose]());

const operations = () =>
  Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

describe("/openapi.json", () => {
  test("is OpenAPI 3.1, for everybody, with a name and a text for everything", async () => {
    const found = await new Validator().validate(structuredClone(openapi));
    expect(found).toEqual({ valid: true });
    expect(openapi.openapi).toBe("3.1.0");
    const names = operations().map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    const { schemas } = openapi.components;
    for (const name of ["EmitEventInput", "RegisterHookInput", "Hook", "Delivery", "Event"])
      for (const [field, property] of Object.entries(schemas[name]?.properties ?? {}))
        expect([name, field, property]).toEqual([
          name,
          field,
          expect.objectContaining({ description: expect.stringMatching(/\w/) }),
        ]);
  });

  test("names every route there is, and each is there", async () => {
    for (const { path, method } of operations()) {
      const { status } = await rest(hub, method.toUpperCase(), path.replaceAll(/[{}]/g, ""));
      expect([path, method, [404, 405].includes(status) && !path.includes("{")]).toEqual([
        path,
        method,
        false,
      ]);
    }
    const methods = await rest(hub, "PUT", "/v1/hooks/x");
    expect(methods.headers.get("allow")).toBe("GET, HEAD, PATCH, DELETE");
    expect(Object.keys(openapi.paths["/v1/hooks/{id}"] ?? {})).toEqual(["get", "patch", "delete"]);
  });

  test("describes what is answered and what is taken", async () => {
    await using target = await receiver();
    const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
    ajv.addSchema({ $id: "hub", components: openapi.components });
    const resolved = (schema: Json) =>
      JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"hub#/'));
    const expectValid = (what: string, schema: Json | undefined, value: unknown) => {
      expect([what, schema]).toEqual([what, expect.anything()]);
      const validate = ajv.compile(resolved(schema as Json));
      validate(value);
      expect([what, validate.errors]).toEqual([what, null]);
    };
    const call = async <Body>(method: string, path: string, at: string, body?: object) => {
      const operation = openapi.paths[at]?.[method.toLowerCase()];
      const status = Object.keys(operation?.responses ?? {})[0] ?? "";
      const { content } = operation?.requestBody ?? {};
      if (body) expectValid(`${method} ${at} body`, content?.["application/json"]?.schema, body);
      const found = await answer<Body>(
        rest(hub, method, path, body ? { body } : {}),
        Number(status),
      );
      const type = Object.values(operation?.responses[status]?.content ?? {})[0];
      expectValid(`${method} ${at}`, type?.schema, found);
      return found;
    };
    const { cursor } = await call<{ cursor: string }>("GET", "/v1/events", "/v1/events");
    const types = { name: "order.paid", schema: { total: "Integer" }, description: "Paid" };
    await call("POST", "/v1/event-types", "/v1/event-types", types);
    await call("GET", "/v1/event-types", "/v1/event-types");
    await call("GET", "/v1/event-types/order.paid", "/v1/event-types/{name}");
    await call("PATCH", "/v1/event-types/order.paid", "/v1/event-types/{name}", {
      example: { total: 1 },
    });
    await call("GET", "/v1/schemas/order.paid/1", "/v1/schemas/{type}/{version}");
    const { id } = await call<{ id: string }>("POST", "/v1/hooks", "/v1/hooks", {
      url: target.url,
      types: ["order.paid"],
    });
    await call("GET", "/v1/hooks", "/v1/hooks");
    await call("PATCH", `/v1/hooks/${id}`, "/v1/hooks/{id}", { name: "h", retryScheduleMs: [100] });
    await call("GET", `/v1/hooks/${id}`, "/v1/hooks/{id}");
    for (const change of ["pause", "resume"])
      await call("POST", `/v1/hooks/${id}/${change}`, `/v1/hooks/{id}/${change}`);
    await call("POST", `/v1/hooks/${id}/rotate-secret`, "/v1/hooks/{id}/rotate-secret", {
      overlapHours: 1,
    });
    const event = {
      type: "order.paid",
      data: { total: 1 },
      subject: { type: "o", id: "1" },
      waitMs: 15_000,
    };
    const actions = [{ url: "https://example.com", buttonText: "Open", external: true }];
    await call("POST", "/v1/events", "/v1/events", { ...event, actions, timestamp: 1_700_000_000 });
    await call("POST", "/v1/events", "/v1/events", [event, event]);
    await call("GET", `/v1/events?after=${cursor}`, "/v1/events");
    const { items } = await call<{ items: { id: string }[] }>(
      "GET",
      "/v1/deliveries",
      "/v1/deliveries",
    );
    expect(items).toHaveLength(3);
    await call("GET", `/v1/deliveries/${items[0]?.id}`, "/v1/deliveries/{id}");
    await call("POST", `/v1/deliveries/${items[0]?.id}/retry`, "/v1/deliveries/{id}/retry");
    const problem = await rest(hub, "POST", "/v1/events", { body: { tpye: 1 } });
    expectValid(
      "a problem",
      { $ref: "#/components/schemas/Problem" } as never,
      await problem.json(),
    );
  });
});

describe("/asyncapi.json", () => {
  test("is AsyncAPI 3 of the project's event types and hooks, for a key", async () => {
    const ajv = addFormats.default(new Ajv({ strict: false, allErrors: true, logger: false }));
    const validate = ajv.compile(asyncapiSchema);
    const documentOf = async () => {
      const response = await rest(hub, "GET", "/asyncapi.json");
      const document = (await response.json()) as Record<string, Json>;
      validate(document);
      expect(validate.errors).toBeNull();
      return document;
    };
    expect((await fetch(`${hub.url}/asyncapi.json`)).status).toBe(401);
    await documentOf();
    await using target = await receiver();
    const schema = {
      $defs: { n: { type: "number" } },
      type: "object",
      properties: { n: { $ref: "#/$defs/n" } },
    };
    for (const input of [{ name: "a b" }, { name: "a/b", schema }, { name: "open", schema: {} }])
      await answer(rest(hub, "POST", "/v1/event-types", { body: input }), 201);
    const formats = [
      "CLOUD_EVENT",
      "CLOUD_EVENT_STRUCTURED",
      "CLOUD_EVENT_BINARY",
      "EVENT",
      "DATA",
    ];
    const ids: string[] = [];
    for (const format of formats) {
      const body = { url: `${target.url}/in?x=1`, types: ["a/b", "exact", "exact.DATA"], format };
      ids.push((await answer<{ id: string }>(rest(hub, "POST", "/v1/hooks", { body }), 201)).id);
    }
    const document = await documentOf();
    expect(Object.keys(document.channels ?? {})).toEqual(
      expect.arrayContaining(["events", ...ids.map((id) => `hook-${id}`)]),
    );
    expect(document.channels?.[`hook-${ids[0]}`]).toMatchObject({ address: "/in?x=1" });
    const { messages, schemas } = document.components as unknown as Record<string, Json>;
    expect(Object.keys(messages ?? {})).toContain("a-b-2.CLOUD_EVENT_BINARY");
    const payloads = messages as unknown as Record<string, { payload: { schema: object } }>;
    for (const [key, { payload }] of Object.entries(payloads))
      expect([key, payload]).toEqual([key, expect.objectContaining({ schema: expect.anything() })]);
    const $ref = "#/components/schemas/exact/schema";
    expect(payloads["exact.DATA"]?.payload.schema).toMatchObject({ type: "object" });
    expect(payloads["exact.DATA-2"]?.payload.schema).toEqual({ $ref });
    expect(Object.values(schemas ?? {})).toContainEqual({
      schemaFormat: "application/schema+json;version=draft-2020-12",
      schema: { $id: `${hub.url}/v1/schemas/a%2Fb/1`, ...schema },
    });
  });
});

test("a hub under a path answers there, and names its places below it", async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/hub`;
  await using under = await testHub({ ...hub.settings, port, publicUrl: `${url}/` });
  const at = { url, key: under.key };
  const body = { url: "http://127.0.0.1:1/", types: ["a"] };
  const created = await rest(at, "POST", "/v1/hooks", { body });
  const { id } = (await created.json()) as { id: string };
  expect(created.headers.get("location")).toBe(`/hub/v1/hooks/${id}`);
  const document = await answer<{ servers: object }>(rest(at, "GET", "/asyncapi.json"));
  expect(document.servers).toMatchObject({ hub: { host: `127.0.0.1:${port}`, pathname: "/hub" } });
});
