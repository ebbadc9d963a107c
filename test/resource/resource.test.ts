import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createProject } from "../../src/domain/project/project.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import {
  create,
  created,
  registerType,
  remove,
  resourceOf,
  typeWithEvents,
  update,
} from "../fixtures/resources.ts";
import { following, overSocket } from "../fixtures/subscription.ts";

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
const eventsOf = async () => {
  type Events = { events: { nodes: { type: string; data: unknown }[] } };
  const { events } = await hub.run<Events>(
    "query ($types: [String!]) { events(first: 100, types: $types) { nodes { type data } } }",
    { types: [`${type}Created`, `${type}Updated`, `${type}Deleted`] },
  );
  return events.nodes.reverse();
};

test("every change of a resource emits its own event, with the resource as data", async () => {
  const born = await created(hub, { type, resourceId: "a", attributes: { n: 1, m: 2 } });
  expect(born.resource).toMatchObject({ attributes: { n: 1, m: 2 }, version: 1 });
  const changed = await update(hub, type, "a", { n: 3 });
  expect(changed.resource).toEqual({
    ...born.resource,
    attributes: { n: 3 },
    version: 2,
    updatedAt: expect.any(String),
    representation: { [type]: [{ id: "a", n: 3 }] },
  });
  expect(changed.event).toMatchObject({ type: `${type}Updated`, subject: { type, id: "a" } });
  const ended = await remove(hub, type, "a");
  expect(ended.resource).toMatchObject({ id: born.resource.id, attributes: { n: 3 } });
  expect(ended.event).toMatchObject({ type: `${type}Deleted`, origin: "REST" });
  expect(await resourceOf(hub, type, "a")).toBeNull();
  expect(await eventsOf()).toEqual([
    { type: `${type}Created`, data: { id: "a", n: 1, m: 2 } },
    { type: `${type}Updated`, data: { id: "a", n: 3 } },
    { type: `${type}Deleted`, data: { id: "a", n: 3 } },
  ]);
});

test("a change that its type has no event for emits none", async () => {
  const name = `${type}quiet`;
  expect(await registerType(hub, { name, createdEvent: `${name}Created` })).toEqual([]);
  await created(hub, { type: name, resourceId: "a" });
  const changed = await update(hub, name, "a", { n: 1 });
  expect(changed).toMatchObject({ resource: { version: 2 }, event: null, userErrors: [] });
  const ended = await remove(hub, name, "a");
  expect(ended).toMatchObject({ resource: { version: 2 }, event: null, userErrors: [] });
});

test("resources without an id are numbered without a gap or a double, however many come at once", async () => {
  const twenty = Array.from({ length: 20 }, () => created(hub, { type }));
  const ids = (await Promise.all(twenty)).map(({ resource }) => Number(resource.resourceId));
  expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

test("numbers go on behind an id that was given, are not used again, and step over what is taken", async () => {
  const next = async () => (await created(hub, { type })).resource.resourceId;
  expect(await next()).toBe("1");
  await created(hub, { type, resourceId: "41" });
  expect(await next()).toBe("42");
  await created(hub, { type, resourceId: "7" });
  await created(hub, { type, resourceId: "007" });
  expect(await next()).toBe("43");
  await remove(hub, type, "43");
  expect(await next()).toBe("44");
  await hub.db.sql`update signalbox.resource_types set next_number = 6 where name = ${type}`;
  expect([await next(), await next()]).toEqual(["6", "8"]);
});

test("an id is taken while its resource lives, and free again after", async () => {
  const first = await created(hub, { type, resourceId: "a", attributes: { n: 1 } });
  expect(await create(hub, { type, resourceId: "a" })).toEqual({
    resource: null,
    event: null,
    userErrors: [
      {
        code: "NAME_TAKEN",
        message: `resource 'a' of type '${type}' exists already`,
        path: ["resourceId"],
      },
    ],
  });
  expect(await resourceOf(hub, type, "a")).toEqual(first.resource);
  await remove(hub, type, "a");
  const second = await created(hub, { type, resourceId: "a", attributes: { n: 2 } });
  expect(second.resource).toMatchObject({ version: 1, attributes: { n: 2 } });
  expect(second.resource.id).not.toBe(first.resource.id);
  const race = await Promise.all([1, 2, 3].map(() => create(hub, { type, resourceId: "b" })));
  expect(race.filter(({ resource }) => resource).length).toBe(1);
});

test("what does not exist is said so: the type, and the resource", async () => {
  const unknown = (path: string, message: RegExp) => ({
    resource: null,
    event: null,
    userErrors: [{ code: "NOT_FOUND", message: expect.stringMatching(message), path: [path] }],
  });
  const noType = unknown("type", /no resource type 'none'/);
  expect(await create(hub, { type: "none" })).toEqual(noType);
  expect(await update(hub, "none", "a", {})).toEqual(noType);
  expect(await remove(hub, "none", "a")).toEqual(noType);
  const noResource = unknown("resourceId", /there is no resource 'a/);
  expect(await update(hub, type, "a", {})).toEqual(noResource);
  expect(await remove(hub, type, "a\0")).toEqual(noResource);
  expect(await resourceOf(hub, type, "a\0")).toBeNull();
  await created(hub, { type, resourceId: "a" });
  await remove(hub, type, "a");
  expect(await update(hub, type, "a", {})).toEqual(noResource);
  expect(await remove(hub, type, "a")).toEqual(noResource);
});

test.each([
  ["attributes", { attributes: [1] }, /must be a JSON object/],
  ["attributes", { attributes: "text" }, /must be a JSON object/],
  ["attributes", { attributes: { a: "x".repeat(262_144) } }, /at most/],
  ["resourceId", { resourceId: "" }, /must not be empty/],
  ["resourceId", { resourceId: "x".repeat(201) }, /at most 200 characters/],
  ["resourceId", { resourceId: "a\nb" }, /control characters/],
  ["type", { type: "x".repeat(201) }, /at most 200 characters/],
])("a resource with a bad %s is refused: %#", async (field, input, message) => {
  const { resource, userErrors } = await create(hub, { type, resourceId: "a", ...input });
  expect(resource).toBeNull();
  expect(userErrors).toEqual([
    { code: "INVALID", message: expect.stringMatching(message), path: [field] },
  ]);
  expect(await eventsOf()).toEqual([]);
});

test("attributes come back as they were given; an id among them gives way to the resource's own", async () => {
  let deep: unknown = "bottom";
  for (let level = 0; level < 62; level++) deep = [deep];
  const attributes = JSON.parse(
    '{"nul\\u0000":"\\u0000\\ud800","__proto__":{"x":1},"constructor":null,"10":1,"9":{"id":5},"big":123456789012345680000,"small":5e-324,"text":"</script>\\u2028","\\"":"\\\\"}',
  );
  attributes.deep = deep;
  const { resource, event } = await created(hub, {
    type,
    resourceId: 'a"\\ü',
    attributes: { id: "mine", ...attributes },
  });
  expect(JSON.stringify(resource.attributes)).toBe(JSON.stringify(attributes));
  const whole = JSON.stringify({ id: 'a"\\ü', ...attributes });
  expect(JSON.stringify(resource.representation[type]?.[0])).toBe(whole);
  expect(JSON.stringify(event.data)).toBe(whole);
  expect(await resourceOf(hub, type, 'a"\\ü')).toEqual(resource);
});

test("a resource whose event is refused is not changed at all", async () => {
  const name = `${type}Created`;
  await registerEvent({ name, schema: { id: "String", title: "String", size: "Number?" } });
  const refused = await create(hub, { type, attributes: { size: "big" } });
  expect(refused.resource).toBeNull();
  expect(refused.userErrors.map(({ code, path }) => [code, path])).toEqual([
    ["DATA_INVALID", ["attributes", "title"]],
    ["DATA_INVALID", ["attributes", "size"]],
  ]);
  const { resource } = await created(hub, { type, attributes: { title: "t" } });
  expect(resource.resourceId).toBe("1");

  const strict = (on: boolean) =>
    hub.run(
      `mutation ($on: Boolean!) { updateProject(input: { requireRegisteredTypes: $on }) { userErrors { code } } }`,
      { on },
    );
  await strict(true);
  const changed = await update(hub, type, "1", { title: "other" });
  const ended = await remove(hub, type, "1");
  await strict(false);
  for (const { resource, userErrors } of [changed, ended]) {
    expect([resource, userErrors.map(({ code }) => code)]).toEqual([null, ["UNKNOWN_TYPE"]]);
  }
  expect(await resourceOf(hub, type, "1")).toEqual(resource);
  expect((await eventsOf()).length).toBe(1);
});

test("a type's live resources are listed newest first, page by page", async () => {
  for (const resourceId of ["a", "b", "c", "d"]) await created(hub, { type, resourceId });
  await remove(hub, type, "b");
  type Page = {
    resources: { nodes: { resourceId: string }[]; pageInfo: { endCursor: string } };
  };
  const page = async (after?: string) =>
    (
      await hub.run<Page>(
        `query ($type: String!, $after: String) { resources(type: $type, first: 2, after: $after) {
          nodes { resourceId } pageInfo { endCursor }
        } }`,
        { type, after },
      )
    ).resources;
  const first = await page();
  expect(first.nodes).toEqual([{ resourceId: "d" }, { resourceId: "c" }]);
  expect((await page(first.pageInfo.endCursor)).nodes).toEqual([{ resourceId: "a" }]);
});

test("the stream of everything shows each state of a resource, before the event that tells of it", async () => {
  type Activity = {
    node: { __typename: string; id: string; version?: number; attributes?: object };
  };
  await using live = overSocket<Activity>(
    hub,
    "subscription { activity { node { __typename id ... on Resource { version attributes } } } }",
  );
  await following(hub.url, 1);
  const { resource } = await created(hub, { type, resourceId: "a", attributes: { n: 1 } });
  await update(hub, type, "a", { n: 2 });
  await remove(hub, type, "a");
  const again = await created(hub, { type, resourceId: "a", attributes: { n: 3 } });
  await expect.poll(() => live.items.length, { timeout: 60_000 }).toBe(8);
  const seen = live.items.map(({ node }) => node);
  const state = (id: string, version: number, attributes: object) => ({
    __typename: "Resource",
    id,
    version,
    attributes,
  });
  expect(seen.filter((_, index) => index % 2 === 0)).toEqual([
    state(resource.id, 1, { n: 1 }),
    state(resource.id, 2, { n: 2 }),
    state(resource.id, 2, { n: 2 }),
    state(again.resource.id, 1, { n: 3 }),
  ]);
  expect(new Set(seen.filter((_, index) => index % 2 === 1).map((it) => it.__typename))).toEqual(
    new Set(["Event"]),
  );
});

test("a project has resources of its own", async () => {
  const { resource } = await created(hub, { type, resourceId: "a" });
  const { key } = await createProject(hub.db.sql, `Other ${type}`);
  expect(await resourceOf(hub, type, "a", key)).toBeNull();
  const theirs = await hub.run(
    `query ($type: String!, $id: ID!) {
      resources(type: $type) { nodes { id } } resourceTypes { id } node(id: $id) { id }
    }`,
    { type, id: resource.id },
    key,
  );
  expect(theirs).toEqual({ resources: { nodes: [] }, resourceTypes: [], node: null });
  expect((await create(hub, { type, resourceId: "b" }, key)).userErrors).toMatchObject([
    { code: "NOT_FOUND", path: ["type"] },
  ]);
});
