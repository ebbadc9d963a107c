import { afterAll, beforeAll, expect, test } from "vitest";
import { type CatalogType, catalogOf, createdOn, install, readEvent } from "../fixtures/catalog.ts";
import { accepted, emit } from "../fixtures/emit.ts";
import { emit as emitAndWait, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
let types: CatalogType[];
beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
  await install(hub, "goflow");
  ({ types } = await catalogOf(hub, "goflow"));
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const stepUuid = "6f1a4c1e-93a5-4b0c-8f6e-2f1f3f6a7b10";
const nothing = { type: null, typeVersion: null, data: null, occurredAt: null, stepUuid: null };
const read = (fields: object) =>
  readEvent(hub, { type: "run_expired", created_on: createdOn, ...runUuid, ...fields });
const runUuid = { run_uuid: "0e06f977-cbb7-475f-9d0b-a0c4aaec7f6a" };
const messages = async (fields: object) =>
  (await read(fields)).userErrors.map(({ message }) => message);

/** Where goflow's documented example is not ours. */
const documented: Record<string, object> = {
  error: { text: "invalid date format: '12th of October'" },
  msg_wait: { timeout: 300 },
  resthook_called: { resthook: "success", payload: { "contact:": { name: "Bob" } } },
};

test("S1.2: readEvent takes all 23 examples, and goflow's own", async () => {
  expect(types).toHaveLength(23);
  for (const { name, example } of types) {
    for (const data of [example, documented[name] ?? example]) {
      expect(await readEvent(hub, { type: name, created_on: createdOn, ...data })).toEqual({
        type: name,
        typeVersion: 1,
        data,
        occurredAt: "2006-01-02T15:04:05.000Z",
        stepUuid: null,
        userErrors: [],
      });
    }
  }
});

test("S1.2: an event of no type, or of an unknown one, is reported in goflow's words", async () => {
  for (const type of [undefined, null, ""]) {
    expect(await readEvent(hub, { type, created_on: createdOn })).toEqual({
      ...nothing,
      userErrors: [
        { code: "INVALID", message: "field 'type' is required", path: ["json", "type"] },
      ],
    });
  }
  expect(await readEvent(hub, { type: "do_the_foo" })).toEqual({
    ...nothing,
    userErrors: [
      { code: "UNKNOWN_TYPE", message: "unknown type: 'do_the_foo'", path: ["json", "type"] },
    ],
  });
  expect(await messages({ type: "__proto__" })).toEqual(["unknown type: '__proto__'"]);
  expect(await messages({ type: 5 })).toEqual(["field 'type' must be a string"]);
  for (const json of ["{}", 5, [], true]) {
    expect((await readEvent(hub, json)).userErrors).toEqual([
      { code: "INVALID", message: "field 'json' must be an object", path: ["json"] },
    ]);
  }
});

test("S1.2: every field that is wrong is reported by its dotted path, and emitting reports the same", async () => {
  const data = {
    input_uuid: "4AEF4050-1895-4C80-999A-70368317A4F5",
    labels: [{ uuid: "b7cf0d83-f1c9-411c-96fd-c511a4cfa86d" }, { uuid: "spam" }, null],
  };
  const problems: [message: string, ...path: string[]][] = [
    ["field 'input_uuid' must be a valid UUID4", "input_uuid"],
    ["field 'labels[1].uuid' must be a valid UUID4", "labels", "1", "uuid"],
    ["field 'labels[2]' must be an object", "labels", "2"],
  ];
  const type = "input_labels_added";
  const wrong = await readEvent(hub, { type, step_uuid: "x", ...data });
  expect(wrong).toMatchObject(nothing);
  expect(wrong.userErrors).toEqual([
    { code: "INVALID", message: "field 'created_on' is required", path: ["json", "created_on"] },
    {
      code: "INVALID",
      message: "field 'step_uuid' must be a valid UUID4",
      path: ["json", "step_uuid"],
    },
    ...problems.map(([message, ...path]) => ({
      code: "DATA_INVALID",
      message,
      path: ["json", ...path],
    })),
  ]);
  expect((await emit(hub, { type, data })).userErrors).toEqual(
    problems.map(([message, ...path]) => ({
      code: "DATA_INVALID",
      message,
      path: ["data", ...path],
    })),
  );
});

test("S1.2: a type of the project's own is read, too, also where unregistered types may be emitted", async () => {
  await hub.run(
    `mutation { registerEventType(input: { name: "ticket.created", schema: { title: "String" } }) { eventType { id } } }`,
  );
  expect(await read({ type: "ticket.created", title: "Printer", run_uuid: undefined })).toEqual({
    type: "ticket.created",
    typeVersion: 1,
    data: { title: "Printer" },
    occurredAt: "2006-01-02T15:04:05.000Z",
    stepUuid: null,
    userErrors: [],
  });
  expect(await messages({ type: "ticket.created" })).toEqual(["field 'title' is required"]);
  await accepted(hub, { type: "ticket.unregistered" });
  expect(await messages({ type: "ticket.unregistered" })).toEqual([
    "unknown type: 'ticket.unregistered'",
  ]);
});

test("S1.3: created_on is required, with nanoseconds and offsets, and step_uuid may be a UUID4", async () => {
  const moments: [given: string, meant: string][] = [
    ["2006-01-02T15:04:05Z", "2006-01-02T15:04:05.000Z"],
    ["2006-01-02T15:04:05.123456789Z", "2006-01-02T15:04:05.123Z"],
    ["2006-01-02T15:04:05.000000000+02:00", "2006-01-02T13:04:05.000Z"],
    ["2000-01-01T00:00:00.000000000-00:00", "2000-01-01T00:00:00.000Z"],
  ];
  for (const [given, meant] of moments) {
    expect(await read({ created_on: given })).toMatchObject({ occurredAt: meant, userErrors: [] });
  }
  for (const given of [undefined, null, "", "0001-01-01T00:00:00Z"]) {
    const [message] = await messages({ created_on: given });
    expect(message).toMatch(
      /^field 'created_on' (is required|must be a valid RFC 3339 date-time)$/,
    );
  }
  for (const given of [
    "yesterday",
    "2006-01-02",
    "2006-01-02T15:04:05",
    "2006-02-30T00:00:00Z",
    1,
  ]) {
    expect(await messages({ created_on: given })).toEqual([
      "field 'created_on' must be a valid RFC 3339 date-time",
    ]);
  }
  for (const given of [undefined, null, ""]) {
    expect(await read({ step_uuid: given })).toMatchObject({ stepUuid: null, userErrors: [] });
  }
  expect(await read({ step_uuid: stepUuid })).toMatchObject({ stepUuid, userErrors: [] });
  const version7 = "0197a3b4-1c2d-7e3f-8a4b-5c6d7e8f9a0b";
  for (const given of [stepUuid.toUpperCase(), version7, "x", 5]) {
    expect(await messages({ step_uuid: given })).toEqual([
      "field 'step_uuid' must be a valid UUID4",
    ]);
  }
});

test("S1.4: an emitted event is stamped with its type and, unless it says when it happened, with now", async () => {
  const fields = "type occurredAt receivedAt stepUuid";
  type Stamped = { type: string; occurredAt: string; receivedAt: string; stepUuid: string | null };
  const now = await accepted<Stamped>(hub, { type: "wait_timed_out", stepUuid }, fields);
  expect(now).toMatchObject({ type: "wait_timed_out", occurredAt: now.receivedAt, stepUuid });
  const then = { type: "wait_timed_out", occurredAt: createdOn };
  expect(await accepted<Stamped>(hub, then, fields)).toMatchObject({
    occurredAt: "2006-01-02T15:04:05.000Z",
    stepUuid: null,
  });
  const { userErrors } = await emit(hub, { ...then, stepUuid: stepUuid.toUpperCase() });
  expect(userErrors).toEqual([
    { code: "INVALID", message: "field 'stepUuid' must be a valid UUID4", path: ["stepUuid"] },
  ]);
});

test("S1.7: null clears a field of a contact, whose value is checked when it is given", async () => {
  const field = { key: "gender", name: "Gender" };
  const changed = { type: "contact_field_changed", run_uuid: undefined, field };
  expect(await read({ ...changed, value: null })).toMatchObject({
    data: { field, value: null },
    userErrors: [],
  });
  expect(await messages({ ...changed, value: {} })).toEqual(["field 'value.text' is required"]);
  expect(await messages({ ...changed, value: null, field: undefined })).toEqual([
    "field 'field' is required",
  ]);
  const event = await accepted(hub, { type: changed.type, data: { field, value: null } }, "data");
  expect(event).toEqual({ data: { field, value: null } });
});

test("S1.8: the documented msg_wait is taken, with the timeout that goflow does not know kept", async () => {
  const wait = { type: "msg_wait", run_uuid: undefined };
  expect(await read({ ...wait, timeout: 300 })).toMatchObject({
    data: { timeout: 300 },
    userErrors: [],
  });
  expect(await accepted(hub, { type: "msg_wait", data: { timeout: 300 } }, "data")).toEqual({
    data: { timeout: 300 },
  });
  const timeout_on = "2006-01-02T15:09:05.123456789+01:00";
  expect(await read({ ...wait, timeout_on })).toMatchObject({
    data: { timeout_on },
    userErrors: [],
  });
  expect(await messages({ ...wait, timeout_on: "in 5 minutes" })).toEqual([
    "field 'timeout_on' must be a valid RFC 3339 date-time",
  ]);
});

test("data over 256 KiB, which could not be emitted, is not read", async () => {
  expect(await messages({ note: "x".repeat(262_144) })).toEqual([
    expect.stringMatching(/^the event's data may take 262144 bytes \(256 KiB\) as JSON at most/),
  ]);
});

test("readEvent stores nothing", async () => {
  const rows = () => hub.db.sql`
    select (select count(*) from signalbox.events) as events,
      (select count(*) from signalbox.event_types) as types`;
  const before = await rows();
  expect((await read({})).userErrors).toEqual([]);
  expect(await rows()).toEqual(before);
});

test("each of the 23 that is emitted reads back from what a hook of the format EVENT receives", async () => {
  await register(hub, {
    url: target.url,
    types: types.map(({ name }) => name),
    format: "EVENT",
  });
  const occurredAt = "2006-01-02T15:04:05.123Z";
  for (const { name, example } of types) {
    const { id } = await emitAndWait(hub, { type: name, data: example, occurredAt, stepUuid });
    const received = target.requests.find(({ headers }) => headers["webhook-id"] === id);
    const body = JSON.parse(received?.body ?? "null");
    expect(body).toEqual({ type: name, created_on: occurredAt, step_uuid: stepUuid, ...example });
    expect(await readEvent(hub, body)).toEqual({
      type: name,
      typeVersion: 1,
      data: example,
      occurredAt,
      stepUuid,
      userErrors: [],
    });
  }
});
