import { describe, expect, test } from "vitest";
import type { Db } from "../../src/db/connection/client.ts";
import {
  eventTypesById,
  eventTypeVersions,
  loadEventTypes,
} from "../../src/db/eventType/eventTypes.ts";
import { configVersions, insertProject } from "../../src/db/project/projects.ts";
import { archiveEventType } from "../../src/domain/eventType/archiveEventType.ts";
import { type EventTypeInput, registerEventType } from "../../src/domain/eventType/eventType.ts";
import { newId } from "../../src/util/ids.ts";
import { UserError } from "../../src/util/userError.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { testPrograms } from "../fixtures/programs.ts";

async function project(db: Db): Promise<string> {
  const id = newId();
  await insertProject(db.sql, { id, name: "Support", slug: id, source: `/projects/${id}` });
  return id;
}

/** A database with one project. */
async function setUp() {
  const fresh = await freshDatabase();
  const projectId = await project(fresh.db);
  return {
    ...fresh,
    projectId,
    register: (input: EventTypeInput) =>
      registerEventType(fresh.db, testPrograms(fresh.db.sql).sandbox, projectId, input),
    archive: (name: string) => archiveEventType(fresh.db, projectId, name),
    configVersion: async () => (await configVersions(fresh.db.sql, [projectId]))[0]?.version,
    live: async () => (await loadEventTypes(fresh.db.sql, projectId)).map(({ name }) => name),
    versions: async (id: string) =>
      (await eventTypeVersions(fresh.db.sql, projectId, [id])).map(({ version }) => version),
  };
}

/** The entries of the mistake that a call ends in. */
const mistakes = async (call: Promise<unknown>) =>
  call.then(
    () => [],
    (error: unknown) => {
      if (error instanceof UserError) return error.entries;
      throw error;
    },
  );

const insertHook = (db: Db, projectId: string, types: string[], status: string) => db.sql`
  insert into signalbox.hooks (project_id, id, name, types, url, format, retries, timeout_ms, unsubscribe_on,
    max_in_flight, status, secrets)
  values (${projectId}, ${newId()}, 'crm', ${types}::text[], 'http://127.0.0.1/', 'CLOUD_EVENT', 3, 5000,
    '{}', 16, ${status}, '[]'::json)`;

describe("registering an event type", () => {
  test("keeps the schema as given beside the JSON Schema it stands for", async () => {
    await using hub = await setUp();
    const schema = { ticketName: "String", note: "String?" };
    const type = await hub.register({
      name: "Ticket Created 🎫",
      description: "A ticket\nwas opened.",
      schema,
      example: { ticketName: "Printer" },
    });
    expect(type).toMatchObject({
      name: "Ticket Created 🎫",
      description: "A ticket\nwas opened.",
      origin: "CUSTOM",
      version: 1,
      schema: JSON.stringify(schema),
      example: '{"ticketName":"Printer"}',
      archivedAt: null,
    });
    expect(JSON.parse(type.jsonSchema ?? "")).toMatchObject({ required: ["ticketName"] });
    expect(await eventTypesById(hub.db.sql, hub.projectId, [type.id])).toEqual([type]);
    expect(await hub.versions(type.id)).toEqual([1]);
    expect(await hub.configVersion()).toBe(2);
  });

  test("without a schema accepts anything", async () => {
    await using hub = await setUp();
    const type = await hub.register({ name: "anything", example: 5 });
    expect(type).toMatchObject({ schema: null, jsonSchema: null, example: "5", description: null });
  });

  test("a second time with the same says so without a trace, in whatever order the keys come", async () => {
    await using hub = await setUp();
    const first = await hub.register({ name: "t", schema: { a: "String", b: { c: "Date" } } });
    const again = await hub.register({ name: "t", schema: { b: { c: "Date" }, a: "String" } });
    expect(again).toEqual(first);
    expect(await hub.configVersion()).toBe(2);
  });

  test("a second time with a wider schema makes a version, with other words makes none", async () => {
    await using hub = await setUp();
    const { id } = await hub.register({ name: "t", schema: { a: "String" } });
    const wider = { a: "String", b: "Number?" };
    expect(await hub.register({ name: "t", schema: wider })).toMatchObject({ id, version: 2 });
    const described = await hub.register({
      name: "t",
      schema: wider,
      description: "d",
      example: { a: "x" },
    });
    expect(described).toMatchObject({ id, version: 2, description: "d", example: '{"a":"x"}' });
    expect(await hub.versions(id)).toEqual([2, 1]);
    expect(await hub.configVersion()).toBe(4);
  });

  test("a second time with a narrower schema is refused, each break at its field, unless it may break", async () => {
    await using hub = await setUp();
    const { id } = await hub.register({
      name: "t",
      schema: { a: "Any", order: { id: "String?" } },
    });
    const narrower = { name: "t", schema: { a: "Any", b: "String", order: { id: "String" } } };
    expect(await mistakes(hub.register(narrower))).toEqual([
      { code: "BREAKING_CHANGE", message: "field 'b' is now required", path: ["schema", "b"] },
      {
        code: "BREAKING_CHANGE",
        message: "field 'order.id' is now required",
        path: ["schema", "order", "id"],
      },
    ]);
    expect(await hub.versions(id)).toEqual([1]);
    expect(await hub.register({ ...narrower, allowBreaking: true })).toMatchObject({
      id,
      version: 2,
    });
  });

  test("at the same time gives every version its own number", async () => {
    await using hub = await setUp();
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, "String?"]));
    const types = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        hub.register({ name: "t", schema: fields(index + 1), allowBreaking: true }),
      ),
    );
    const numbers = types.map(({ version }) => version).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect(new Set(types.map(({ id }) => id)).size).toBe(1);
    expect(await hub.versions(types[0]?.id ?? "")).toHaveLength(12);
  });

  test("is a matter of its project alone", async () => {
    await using hub = await setUp();
    const other = await project(hub.db);
    const type = await hub.register({ name: "t", schema: { a: "String" } });
    await registerEventType(hub.db, testPrograms(hub.db.sql).sandbox, other, {
      name: "t",
      schema: { a: "Number" },
    });
    expect(await eventTypesById(hub.db.sql, other, [type.id])).toEqual([]);
    expect(await eventTypeVersions(hub.db.sql, other, [type.id])).toEqual([]);
  });

  test.each([
    ["", "must not be empty"],
    ["x".repeat(201), "200 characters"],
    [" x", "begin or end with a space"],
    ["a\u0000b", "control characters"],
    ["*", "hooks use as patterns"],
    ["ticket.*", "hooks use as patterns"],
  ])("refuses the name %j", async (name, words) => {
    await using hub = await setUp();
    const [entry] = await mistakes(hub.register({ name }));
    expect(entry).toMatchObject({ code: "INVALID", path: ["name"] });
    expect(entry?.message).toContain(words);
  });

  test("refuses a schema that is none, and an example that does not fit", async () => {
    await using hub = await setUp();
    expect(
      await mistakes(hub.register({ name: "t", schema: { type: "object", required: "a" } })),
    ).toMatchObject([{ code: "SCHEMA_INVALID", path: ["schema", "required"] }]);
    expect(
      await mistakes(hub.register({ name: "t", schema: { a: ["Number"] }, example: { a: ["x"] } })),
    ).toEqual([
      {
        code: "DATA_INVALID",
        message: "field 'a[0]' must be a number",
        path: ["example", "a", "0"],
      },
    ]);
    expect(await hub.live()).toEqual([]);
  });

  test("ends at 1000 types in a project", async () => {
    await using hub = await setUp();
    await hub.db.sql`
      insert into signalbox.event_types (project_id, id, name, version)
      select ${hub.projectId}, gen_random_uuid(), 't' || n, 1 from generate_series(1, 1000) n`;
    expect(await mistakes(hub.register({ name: "one more" }))).toMatchObject([
      { code: "LIMIT_REACHED" },
    ]);
    expect(await hub.register({ name: "t7", description: "known" })).toMatchObject({ version: 1 });
  });
});

describe("archiving an event type", () => {
  test("takes it from what emits know, and registering it gives it back as it was", async () => {
    await using hub = await setUp();
    const { id } = await hub.register({ name: "t", schema: { a: "String" } });
    const archived = await hub.archive("t");
    expect(archived.archivedAt).toBeInstanceOf(Date);
    expect(await hub.live()).toEqual([]);
    expect(await hub.configVersion()).toBe(3);
    expect(await hub.archive("t")).toEqual(archived);
    expect(await hub.configVersion()).toBe(3);
    expect(await hub.register({ name: "t", schema: { a: "String" } })).toMatchObject({
      id,
      version: 1,
      archivedAt: null,
    });
    expect(await hub.live()).toEqual(["t"]);
    expect(await hub.configVersion()).toBe(4);
  });

  test("of a name that is not known is refused", async () => {
    await using hub = await setUp();
    expect(await mistakes(hub.archive("t"))).toMatchObject([{ code: "NOT_FOUND", path: ["name"] }]);
  });

  test("is refused while a hook names it, but not for hooks that are deleted or match by a pattern", async () => {
    await using hub = await setUp();
    await hub.register({ name: "ticket.created" });
    await insertHook(hub.db, hub.projectId, ["ticket.*", "*"], "ACTIVE");
    await insertHook(hub.db, await project(hub.db), ["ticket.created"], "ACTIVE");
    await hub.db.sql`update signalbox.hooks set name = null`;
    await insertHook(hub.db, hub.projectId, ["x", "ticket.created"], "PAUSED");
    const [entry] = await mistakes(hub.archive("ticket.created"));
    expect(entry).toMatchObject({ code: "NOT_ALLOWED_NOW", path: ["name"] });
    expect(entry?.message).toContain("'crm'");
    await hub.db.sql`update signalbox.hooks set status = 'DELETED' where name = 'crm'`;
    expect((await hub.archive("ticket.created")).archivedAt).toBeInstanceOf(Date);
  });
});
