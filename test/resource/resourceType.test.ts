import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { install } from "../fixtures/catalog.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { created, registerType, remove, typeWithEvents } from "../fixtures/resources.ts";

let hub: TestHub;
let type: string;
let number = 0;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());
beforeEach(async () => {
  number++;
  type = `kind${number}`;
  await typeWithEvents(hub, type);
});

const registerEvent = (input: object) =>
  hub.run<{ registerEventType: { eventType: object | null; userErrors: object[] } }>(
    `mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) {
      eventType { version resourceType } userErrors { code message path }
    } }`,
    { input },
  );

test("a resource type is registered again with other events, and its resources stay", async () => {
  await created(hub, { type, resourceId: "a" });
  expect(await registerType(hub, { name: type, createdEvent: `${type}Opened` })).toEqual([]);
  const { event } = await created(hub, { type });
  expect(event).toMatchObject({ type: `${type}Opened`, data: { id: "1" } });
  expect((await remove(hub, type, "a")).event).toBeNull();
});

test("an event belongs to one resource type, whichever of both is registered first", async () => {
  const name = `${type}Closed`;
  const { registerEventType } = await registerEvent({ name, resourceType: type });
  expect(registerEventType.eventType).toEqual({ version: 1, resourceType: type });
  const later = await registerEvent({ name: `${type}Early`, resourceType: `${type}later` });
  expect(later.registerEventType.eventType).toEqual({ version: 1, resourceType: `${type}later` });
  const early = { name: `${type}later`, createdEvent: `${type}Early` };
  expect(await registerType(hub, early)).toEqual([]);
  const taken = (event: string, path: string) => ({
    code: "NAME_TAKEN",
    message: `event type '${event}' is about resources of type '${type}' already`,
    path: [path],
  });
  const rival = { name: `${type}rival`, createdEvent: name, updatedEvent: `${type}Created` };
  expect(await registerType(hub, rival)).toEqual([
    taken(name, "createdEvent"),
    taken(`${type}Created`, "updatedEvent"),
  ]);
  const other = await registerEvent({ name: `${type}Created`, resourceType: "other" });
  expect(other.registerEventType).toEqual({
    eventType: null,
    userErrors: [taken(`${type}Created`, "resourceType")],
  });
  expect(await registerType(hub, { name: "", createdEvent: "x.*" })).toMatchObject([
    { code: "INVALID", path: ["name"] },
    { code: "INVALID", path: ["createdEvent"] },
  ]);
});

test("a catalogue does not take over a resource type of another event, and leaves added events alone", async () => {
  expect(await registerType(hub, { name: "actions", createdEvent: "MatterOpened" })).toEqual([]);
  const { userErrors } = await install(hub, "actionstep");
  expect(userErrors).toMatchObject([{ code: "NAME_TAKEN", path: ["name"] }]);
  const mine = { name: "actions", createdEvent: "ActionCreated", updatedEvent: "ActionUpdated" };
  expect(await registerType(hub, mine)).toEqual([]);
  expect((await install(hub, "actionstep")).userErrors).toEqual([]);
  const { resourceTypes } = await hub.run<{ resourceTypes: { name: string }[] }>(
    "{ resourceTypes { name createdEvent updatedEvent } }",
  );
  expect(resourceTypes).toContainEqual(mine);
});

test("a project has at most 200 resource types, and each may still be changed", async () => {
  await hub.db.sql`
    insert into signalbox.resource_types (project_id, id, name, created_event)
    select id, gen_random_uuid(), 'filler' || n, 'fillerCreated' || n
    from signalbox.projects, generate_series(1, 200) as n where slug = 'default'`;
  expect(await registerType(hub, { name: "one more", createdEvent: "x" })).toMatchObject([
    { code: "LIMIT_REACHED", path: ["name"] },
  ]);
  expect(await registerType(hub, { name: "filler7", createdEvent: "fillerBorn" })).toEqual([]);
});
