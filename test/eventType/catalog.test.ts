import { afterEach, beforeEach, expect, test } from "vitest";
import { canonicalSchema } from "../../src/jsonSchema/schema.ts";
import { catalogOf, install } from "../fixtures/catalog.ts";
import { accepted, emit, registerHook, type UserError } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
beforeEach(async () => {
  hub = await testHub();
});
afterEach(() => hub[Symbol.asyncDispose]());

type Changed = { eventType: Record<string, unknown> | null; userErrors: UserError[] };

const register = async (input: object) =>
  (
    await hub.run<{ registerEventType: Changed }>(
      `mutation ($input: RegisterEventTypeInput!) {
        registerEventType(input: $input) { eventType { name version } userErrors { code message path } }
      }`,
      { input },
    )
  ).registerEventType;

const archive = async (name: string) =>
  (
    await hub.run<{ archiveEventType: Changed }>(
      `mutation ($name: String!) {
        archiveEventType(name: $name) { eventType { name } userErrors { code message path } }
      }`,
      { name },
    )
  ).archiveEventType;

const typeNamed = async (name: string) =>
  (
    await hub.run<{ eventType: Record<string, unknown> | null }>(
      `query ($name: String!) { eventType(name: $name) {
        name description origin catalog version schema jsonSchema example archivedAt versions { version }
      } }`,
      { name },
    )
  ).eventType;

const count = async () => (await hub.db.sql`select from signalbox.event_types`).length;

test("S1.1: the 23 types of goflow are listed with schema and example, and installed as they are listed", async () => {
  const offered = await catalogOf(hub, "goflow");
  expect(offered.installed).toBe(false);
  expect(offered.types.map(({ name }) => name)).toEqual([
    ...["broadcast_created", "contact_field_changed", "contact_groups_changed"],
    ...["contact_language_changed", "contact_name_changed", "contact_refreshed"],
    ...["contact_timezone_changed", "contact_urns_changed", "email_created"],
    ...["environment_refreshed", "error", "flow_entered", "input_labels_added", "ivr_created"],
    ...["msg_created", "msg_received", "msg_wait", "resthook_called", "run_expired"],
    ...["run_result_changed", "session_triggered", "wait_timed_out", "webhook_called"],
  ]);
  for (const { jsonSchema } of offered.types) {
    expect(canonicalSchema(jsonSchema)).toEqual(jsonSchema);
  }
  expect(await count()).toBe(0);

  const { catalog, userErrors } = await install(hub, "goflow");
  expect(userErrors).toEqual([]);
  expect(catalog).toEqual({ ...offered, installed: true });
  const { eventTypes } = await hub.run<{ eventTypes: { nodes: object[] } }>(
    "{ eventTypes(first: 100) { nodes { name description origin catalog version schema jsonSchema example } } }",
  );
  expect(eventTypes.nodes).toHaveLength(23);
  expect(eventTypes.nodes).toEqual(
    expect.arrayContaining(
      offered.types.map((type) => ({
        ...type,
        origin: "CATALOG",
        catalog: "goflow",
        version: 1,
        schema: type.jsonSchema,
      })),
    ),
  );
});

test("S1.6: the types that the caller sends say so, and those that the engine makes", async () => {
  const { types } = await catalogOf(hub, "goflow");
  const toEngine = types.filter(({ description }) => description.startsWith("To the engine: "));
  expect(toEngine.map(({ name }) => name)).toEqual([
    ...["environment_refreshed", "msg_received", "run_expired", "wait_timed_out"],
  ]);
  const fromEngine = types.filter(({ description }) => description.startsWith("From the engine: "));
  expect(fromEngine).toHaveLength(19);
});

test("installing a catalogue again, also at the same time, changes nothing", async () => {
  await Promise.all([install(hub, "goflow"), install(hub, "goflow")]);
  const state = () => hub.db.sql`
    select h.config_version, json_agg(t order by t.id) as types,
      (select count(*) from signalbox.event_type_versions)
    from signalbox.heads h join signalbox.event_types t using (project_id) group by h.project_id`;
  const before = await state();
  expect(before).toMatchObject([{ count: "23" }]);
  const { catalog, userErrors } = await install(hub, "goflow");
  expect([catalog?.installed, userErrors]).toEqual([true, []]);
  expect(await state()).toEqual(before);
});

test("installing a catalogue again takes in what a newer hub has changed, as the next version", async () => {
  await install(hub, "goflow");
  await hub.db.sql`
    update signalbox.event_types set schema = '{"text":"String"}', description = 'Of old.'
    where name = 'error'`;
  await hub.db.sql`delete from signalbox.event_types where name = 'flow_entered'`;
  expect((await install(hub, "goflow")).userErrors).toEqual([]);
  expect(await typeNamed("error")).toMatchObject({
    version: 2,
    description: expect.stringMatching(/^From the engine/),
    versions: [{ version: 2 }, { version: 1 }],
  });
  expect(await typeNamed("flow_entered")).toMatchObject({ version: 1, origin: "CATALOG" });
  expect(await typeNamed("msg_wait")).toMatchObject({ version: 1 });
});

test("a catalogue whose names the project has is not installed at all, and each name is reported", async () => {
  await register({ name: "error", schema: { text: "String" } });
  await register({ name: "msg_wait" });
  const isTaken = (name: string) => ({
    code: "NAME_TAKEN",
    message: `event type '${name}' of the project must be archived first: the catalogue 'goflow' has a type of that name`,
    path: ["name"],
  });
  const refused = await install(hub, "goflow");
  expect(refused.catalog).toBeNull();
  expect(refused.userErrors).toHaveLength(2);
  expect(refused.userErrors).toEqual(
    expect.arrayContaining([isTaken("error"), isTaken("msg_wait")]),
  );
  expect(await count()).toBe(2);
  expect((await catalogOf(hub, "goflow")).installed).toBe(false);

  await accepted(hub, { type: "error", data: { text: "" } });
  await archive("error");
  expect((await install(hub, "goflow")).userErrors).toEqual([isTaken("msg_wait")]);
  await archive("msg_wait");
  expect((await install(hub, "goflow")).userErrors).toEqual([]);
  expect(await typeNamed("error")).toMatchObject({
    origin: "CATALOG",
    catalog: "goflow",
    version: 2,
    archivedAt: null,
    versions: [{ version: 2 }, { version: 1 }],
  });
  expect((await emit(hub, { type: "error", data: { text: "" } })).userErrors).toMatchObject([
    { code: "DATA_INVALID", message: "field 'text' is required" },
  ]);
});

test("no registration changes a type of a catalogue, nor is it archived", async () => {
  await install(hub, "goflow");
  const before = await typeNamed("error");
  expect(before).not.toBeNull();
  for (const input of [{}, { schema: { text: "String" }, allowBreaking: true }]) {
    expect(await register({ name: "error", ...input })).toEqual({
      eventType: null,
      userErrors: [
        {
          code: "NAME_TAKEN",
          message:
            "event type 'error' belongs to the catalogue 'goflow', which cannot be changed: choose another name",
          path: ["name"],
        },
      ],
    });
  }
  expect(await archive("error")).toEqual({
    eventType: null,
    userErrors: [
      {
        code: "NOT_ALLOWED_NOW",
        message: "event type 'error' belongs to the catalogue 'goflow', whose types stay in use",
        path: ["name"],
      },
    ],
  });
  expect(await typeNamed("error")).toEqual(before);
});

test("a catalogue that does not exist, and one type too many, are refused", async () => {
  expect(await install(hub, "goflow\0")).toEqual({
    catalog: null,
    userErrors: [
      {
        code: "NOT_FOUND",
        message: expect.stringMatching(/^there is no catalogue 'goflow\0': .*'goflow'/),
        path: ["name"],
      },
    ],
  });
  await hub.db.sql`
    insert into signalbox.event_types (project_id, id, name, version)
    select id, gen_random_uuid(), 'type ' || n, 1
    from signalbox.projects, generate_series(1, 980) as n`;
  expect((await install(hub, "goflow")).userErrors).toMatchObject([{ code: "LIMIT_REACHED" }]);
  expect(await count()).toBe(980);
});

test("a catalogue is refused for a hook that selects what one of its types does not have, not for one of all types", async () => {
  const hook = { url: "http://127.0.0.1:1", selection: "{ data { amount } }" };
  await registerHook(hub, { ...hook, types: ["*"], name: "all" });
  const id = await registerHook(hub, { ...hook, types: ["msg_created"], name: "one" });
  const { userErrors } = await install(hub, "goflow");
  expect(userErrors).toEqual([
    {
      code: "BREAKING_CHANGE",
      path: ["name"],
      message: expect.stringMatching(/^event type 'msg_created': hook 'one' selects/),
    },
  ]);
  expect(await count()).toBe(0);
  await hub.run(`mutation { updateHook(id: "${id}", input: { selection: null }) { hook { id } } }`);
  expect((await install(hub, "goflow")).userErrors).toEqual([]);
});
