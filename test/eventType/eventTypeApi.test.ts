import { afterAll, beforeAll, expect, test } from "vitest";
import { accepted, emit, registerHook, type UserError } from "../fixtures/emit.ts";
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

type Answer = { eventType: Record<string, unknown> | null; userErrors: UserError[] };

async function register(input: object, fields = "name version"): Promise<Answer> {
  const { registerEventType } = await hub.run<{ registerEventType: Answer }>(
    `mutation ($input: RegisterEventTypeInput!) {
      registerEventType(input: $input) { eventType { ${fields} } userErrors { code message path } }
    }`,
    { input },
  );
  return registerEventType;
}

async function archive(name: string): Promise<Answer> {
  const { archiveEventType } = await hub.run<{ archiveEventType: Answer }>(
    `mutation ($name: String!) {
      archiveEventType(name: $name) { eventType { name archivedAt } userErrors { code message path } }
    }`,
    { name },
  );
  return archiveEventType;
}

const validate = async (type: string, data: unknown) =>
  (
    await hub.run<{ validateEvent: UserError[] }>(
      "query ($type: String!, $data: JSON) { validateEvent(type: $type, data: $data) { code message path } }",
      { type, data },
    )
  ).validateEvent;

const requireRegistered = (on: boolean) =>
  hub.run(
    `mutation ($on: Boolean) {
      updateProject(input: { requireRegisteredTypes: $on }) { project { requireRegisteredTypes } userErrors { code } }
    }`,
    { on },
  );

const invalid = (message: string, path: string[]) => ({ code: "DATA_INVALID", message, path });

test("a registered type reads back as it was given, with the JSON Schema it stands for", async () => {
  const schema = { ticketName: "String", amount: "Number", note: "String?" };
  const fields = `id name description origin catalog version schema jsonSchema example archivedAt
    versions { version schema jsonSchema createdAt } hooks { nodes { id } }`;
  const { eventType, userErrors } = await register(
    {
      name: "ticket.created",
      description: "A ticket was opened.",
      schema,
      example: { ticketName: "Printer", amount: 1 },
    },
    fields,
  );
  expect(userErrors).toEqual([]);
  expect(eventType).toMatchObject({
    name: "ticket.created",
    description: "A ticket was opened.",
    origin: "CUSTOM",
    catalog: null,
    version: 1,
    schema,
    jsonSchema: { type: "object", required: ["ticketName", "amount"] },
    example: { ticketName: "Printer", amount: 1 },
    archivedAt: null,
    versions: [{ version: 1, schema }],
    hooks: { nodes: [] },
  });
  const read = await hub.run(
    `query ($id: ID!) { eventType(name: "ticket.created") { ${fields} } node(id: $id) { ... on EventType { ${fields} } } }`,
    { id: eventType?.id },
  );
  expect(read).toEqual({ eventType, node: eventType });
  expect(JSON.stringify(eventType?.schema)).toBe(JSON.stringify(schema));
});

test("data is checked against its type at emit, in goflow's words, and each problem names its field", async () => {
  await register({
    name: "checked",
    schema: {
      type: "object",
      required: ["text", "uuid"],
      properties: {
        text: { type: "string" },
        uuid: { type: "string", format: "uuid" },
        labels: { type: "array", maxItems: 2, items: { type: "object", required: ["uuid"] } },
      },
    },
  });
  const data = { uuid: "x", labels: [{}, { uuid: 1 }, {}] };
  const problems = [
    invalid("field 'text' is required", ["data", "text"]),
    invalid("field 'labels' must have a maximum of 2 items", ["data", "labels"]),
    invalid("field 'labels[0].uuid' is required", ["data", "labels", "0", "uuid"]),
    invalid("field 'labels[2].uuid' is required", ["data", "labels", "2", "uuid"]),
  ];
  const { event, userErrors } = await emit(hub, { type: "checked", data });
  expect(event).toBeNull();
  expect(userErrors).toEqual(expect.arrayContaining(problems));
  expect(userErrors.find(({ path }) => path.join() === "data,uuid")?.message).toMatch(
    /^field 'uuid' must be a valid UUID/,
  );
  expect(await validate("checked", data)).toEqual(userErrors);
  const { userErrors: none } = await emit(hub, { type: "checked" });
  expect(none).toEqual([invalid("field 'data' must be an object", ["data"])]);
  const good = { text: "", uuid: "0b8e1f0c-3a53-4b6b-9a6f-2d6f4e1c7a55" };
  expect(await validate("checked", good)).toEqual([]);
  expect(await emit(hub, { type: "checked", data: good }, "typeVersion")).toMatchObject({
    event: { typeVersion: 1 },
  });
});

test("a wider schema is the next version, and events say which they were checked against", async () => {
  const first = { name: "versioned", schema: { a: "String" } };
  await register(first);
  expect(await emit(hub, { type: "versioned", data: { a: "x" } }, "typeVersion")).toMatchObject({
    event: { typeVersion: 1 },
  });
  expect((await register(first)).eventType).toEqual({ name: "versioned", version: 1 });
  const wider = { name: "versioned", schema: { a: "String", b: "Number?" } };
  expect(await register(wider, "version versions { version }")).toMatchObject({
    eventType: { version: 2, versions: [{ version: 2 }, { version: 1 }] },
  });
  expect(await emit(hub, { type: "versioned", data: { a: "x" } }, "typeVersion")).toMatchObject({
    event: { typeVersion: 2 },
  });
});

test("a schema that refuses what was accepted is refused with each break, unless it may break", async () => {
  await register({ name: "breaking", schema: { a: "String", b: "String?" } });
  const narrower = { name: "breaking", schema: { a: "Number", b: "String", c: "Boolean" } };
  const { eventType, userErrors } = await register(narrower);
  expect(eventType).toBeNull();
  expect(userErrors.map(({ code, path }) => [code, path.join(".")]).sort()).toEqual([
    ["BREAKING_CHANGE", "schema.a"],
    ["BREAKING_CHANGE", "schema.b"],
    ["BREAKING_CHANGE", "schema.c"],
  ]);
  expect(await validate("breaking", { a: "still" })).toEqual([]);
  expect((await register({ ...narrower, allowBreaking: true })).eventType).toMatchObject({
    version: 2,
  });
  expect(await validate("breaking", { a: "still" })).not.toEqual([]);
});

test("a registration, and an archiving, hold for the next emit in every process", async () => {
  for (let round = 1; round <= 5; round++) {
    const type = `everywhere ${round}`;
    expect((await emit(other, { type, data: 1 })).userErrors).toEqual([]);
    await register({ name: type, schema: { a: "String" } });
    expect((await emit(other, { type, data: 1 })).userErrors).toEqual([
      invalid("field 'data' must be an object", ["data"]),
    ]);
    expect((await archive(type)).eventType).toMatchObject({ name: type });
    expect((await emit(other, { type, data: 1 })).userErrors).toEqual([]);
  }
});

test("an archived type leaves the list, keeps its place by name, and comes back when registered again", async () => {
  await register({ name: "archived", schema: { a: "String" } });
  const listed = async () =>
    (
      await hub.run<{ eventTypes: { nodes: object[] } }>(
        `{ eventTypes(search: "ARCHIV") { nodes { name } } }`,
      )
    ).eventTypes.nodes;
  expect(await listed()).toEqual([{ name: "archived" }]);
  const { eventType } = await archive("archived");
  expect(eventType?.archivedAt).toMatch(/Z$/);
  expect(await listed()).toEqual([]);
  expect(await hub.run(`{ eventType(name: "archived") { name archivedAt } }`)).toEqual({
    eventType,
  });
  expect(
    await register({ name: "archived", schema: { a: "String" } }, "version archivedAt"),
  ).toEqual({ eventType: { version: 1, archivedAt: null }, userErrors: [] });
});

test("a type that a hook names cannot be archived, and shows the hooks that take it", async () => {
  await register({ name: "wanted.now" });
  const url = "http://127.0.0.1:9/";
  const ids = [
    await registerHook(hub, { url, types: ["wanted.*"] }),
    await registerHook(hub, { url, types: ["wanted.now", "x"], name: "crm" }),
  ];
  await registerHook(hub, { url, types: ["wanted.nowhere", "wanted.now.*"] });
  expect((await archive("wanted.now")).userErrors).toEqual([
    {
      code: "NOT_ALLOWED_NOW",
      message:
        "event type 'wanted.now' is named by hooks, which must be deleted or changed first: 'crm'",
      path: ["name"],
    },
  ]);
  const { eventType } = await hub.run<{ eventType: { hooks: { nodes: { id: string }[] } } }>(
    `{ eventType(name: "wanted.now") { hooks { nodes { id } } } }`,
  );
  expect(eventType.hooks.nodes.map(({ id }) => id)).toEqual([...ids].reverse());
});

test("mistakes of a registration say where they are", async () => {
  const wrong: [input: object, code: string, path: string][] = [
    [{ name: "" }, "INVALID", "name"],
    [{ name: "x".repeat(201) }, "INVALID", "name"],
    [{ name: "ticket.*" }, "INVALID", "name"],
    [{ name: "*" }, "INVALID", "name"],
    [{ name: "a\0" }, "INVALID", "name"],
    [
      { name: "a", schema: { type: "object", properties: 5 } },
      "SCHEMA_INVALID",
      "schema.properties",
    ],
    [{ name: "a", schema: { a: "String" }, example: { a: 1 } }, "DATA_INVALID", "example.a"],
  ];
  for (const [input, code, path] of wrong) {
    const { eventType, userErrors } = await register(input);
    expect(eventType).toBeNull();
    expect(userErrors.map((error) => [error.code, error.path.join(".")])).toContainEqual([
      code,
      path,
    ]);
  }
  expect((await archive("nowhere\0")).userErrors).toMatchObject([
    { code: "NOT_FOUND", path: ["name"] },
  ]);
  expect(
    await hub.run(`query ($name: String!) { eventType(name: $name) { id } }`, { name: "\0" }),
  ).toEqual({ eventType: null });
});

test("a project may require that types are registered, from the next emit on, in every process", async () => {
  const unknown = [{ code: "UNKNOWN_TYPE", message: "unknown type: 'stray'", path: ["type"] }];
  expect(await validate("stray", 1)).toEqual(unknown);
  expect((await emit(other, { type: "stray" })).userErrors).toEqual([]);
  expect(await requireRegistered(true)).toEqual({
    updateProject: { project: { requireRegisteredTypes: true }, userErrors: [] },
  });
  expect((await emit(other, { type: "stray" })).userErrors).toEqual(unknown);
  expect((await emit(other, { name: "stray" })).userErrors).toEqual(unknown);
  await register({ name: "stray" });
  expect((await emit(other, { type: "stray", data: 5 }, "typeVersion")).event).toEqual({
    typeVersion: 1,
  });
  await requireRegistered(false);
  expect((await emit(other, { type: "stray 2" })).userErrors).toEqual([]);
});

test("validateEvent tells the limits of an event, too", async () => {
  await register({ name: "any" });
  expect(await validate("any", "x".repeat(262_143))).toMatchObject([
    { code: "INVALID", path: ["data"] },
  ]);
});

test("a type says when an event of it was last accepted; of an event that is not due yet, too", async () => {
  for (const name of ["seen.never", "seen.once", "seen.later"]) await register({ name });
  const lastSeen = async () => {
    const { eventTypes } = await hub.run<{
      eventTypes: { nodes: { name: string; lastSeenAt: string | null }[] };
    }>(`{ eventTypes(search: "seen.") { nodes { name lastSeenAt } } }`);
    return Object.fromEntries(eventTypes.nodes.map(({ name, lastSeenAt }) => [name, lastSeenAt]));
  };
  await emit(hub, { type: "seen.once" });
  type Received = { receivedAt: string };
  const once = await accepted<Received>(hub, { type: "seen.once" }, "receivedAt");
  const later = await accepted<Received>(hub, { type: "seen.later", delay: 60 }, "receivedAt");
  expect(await lastSeen()).toEqual({
    "seen.never": null,
    "seen.once": once.receivedAt,
    "seen.later": later.receivedAt,
  });
});
