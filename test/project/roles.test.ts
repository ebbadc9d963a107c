import { isObjectType } from "graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { emit } from "../fixtures/emit.ts";
import { operationOf, rootFields, selectionOf } from "../fixtures/everyField.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

const keys: Record<string, string> = {};
let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  for (const role of ["ADMIN", "EMITTER", "OPERATOR", "VIEWER"]) {
    const { createApiKey } = await hub.run<{ createApiKey: { key: string } }>(
      `mutation ($role: Role!) { createApiKey(input: { name: "k", role: $role }) { key } }`,
      { role },
    );
    keys[role] = createApiKey.key;
  }
});
afterAll(() => hub[Symbol.asyncDispose]());

/** contract.md, Roles. */
const emitterMay = [
  "Query.viewer",
  "Mutation.emitEvent",
  "Mutation.emitEvents",
  "Mutation.runEvent",
];
const operatorMay = [
  "releaseBlockedKey",
  "pressAction",
  "retryDelivery",
  "pauseHook",
  "resumeHook",
  "enableHook",
  "replayDeliveries",
  "cancelReplay",
  "rerunWorkflow",
  "pauseEventSchedule",
  "resumeEventSchedule",
  "runEventSchedule",
  "backfillHook",
  "testHook",
];
const reads = (name: string) =>
  (name.startsWith("Query.") && name !== "Query.apiKeys") || name.startsWith("Subscription.");
const views = (name: string) => reads(name) && name !== "Query.auditLog";
const may: Record<string, (name: string) => boolean> = {
  ADMIN: () => true,
  OPERATOR: (name) => reads(name) || operatorMay.some((field) => name === `Mutation.${field}`),
  VIEWER: views,
  EMITTER: (name) => emitterMay.includes(name),
};

test.each(["EMITTER", "VIEWER", "OPERATOR", "ADMIN"])(
  "%s may use the root fields that its role has, and no other",
  async (role) => {
    const { roots } = await rootFields(hub);
    expect(roots.length).toBeGreaterThan(30);
    for (const root of roots) {
      const { query, variables } = operationOf(root, {}, role === "EMITTER" ? 0 : 1);
      const { status, errors } = await hub.send(query, variables, keys[role]);
      const codes = errors?.map(({ extensions }) => extensions.code) ?? [];
      if (may[role]?.(root.name)) {
        const expected = root.operation === "subscription" ? ["NOT_ACCEPTABLE"] : [];
        expect([root.name, codes]).toEqual([root.name, expected]);
      } else {
        expect([root.name, status, codes]).toEqual([root.name, 403, ["FORBIDDEN"]]);
        expect(errors?.[0]?.message).toContain(`${root.name} needs the role`);
      }
    }
  },
);

test("EMITTER reads an event's own fields of the answer, and none that lead further", async () => {
  const { schema } = await rootFields(hub);
  const type = schema.getType("Event");
  if (!isObjectType(type)) throw new Error("there is no Event");
  const forbidden: string[] = [];
  for (const field of Object.values(type.getFields())) {
    const given = field.name === "trial" ? '(hook: { types: ["a"] })' : "";
    const document = `mutation {
      emitEvent(input: { type: "a" }) { event { ${field.name}${given} ${selectionOf(field.type, 0)} } }
    }`;
    const { errors } = await hub.send(document, {}, keys.EMITTER);
    if (errors?.[0]?.extensions.code === "FORBIDDEN") forbidden.push(field.name);
    else expect([field.name, errors]).toEqual([field.name, undefined]);
  }
  expect(forbidden.sort()).toEqual([
    "causedBy",
    "deliveries",
    "runs",
    "targetHook",
    "trial",
    "why",
  ]);
});

test("what is forbidden is not done, nor reached by a fragment, an alias or a directive", async () => {
  const documents = [
    `mutation { e: emitEvent(input: { type: "sneaky" }) { event { ...F } } } fragment F on Event { w: why { reason } }`,
    `mutation { emitEvent(input: { type: "sneaky" }) { event { ... on Event { deliveries { nodes { id } } } } } }`,
    `mutation { emitEvent(input: { type: "sneaky" }) { event { id } } updateProject(input: { name: "mine" }) { project { name } } }`,
    `mutation ($no: Boolean = false) { emitEvent(input: { type: "sneaky" }) { event { why @include(if: $no) { reason } } } }`,
  ];
  for (const document of documents) {
    const { status, errors } = await hub.send(document, {}, keys.EMITTER);
    expect([status, errors?.map(({ extensions }) => extensions.code)]).toEqual([
      403,
      ["FORBIDDEN"],
    ]);
  }
  const { events, viewer } = await hub.run<{ events: { nodes: object[] }; viewer: object }>(
    `{ events(types: ["sneaky"]) { nodes { id } } viewer { project { name } } }`,
  );
  expect(events.nodes).toEqual([]);
  expect(viewer).toEqual({ project: { name: "Default" } });
});

test("EMITTER emits, waits, and knows itself", async () => {
  const { event, userErrors } = await emit(
    hub,
    { type: "a", data: 1, waitMs: 100 },
    "id data status source cloudEvent subject { id } ... on Node { id }",
    keys.EMITTER,
  );
  expect(userErrors).toEqual([]);
  expect(event).toMatchObject({ data: 1, status: "PROCESSED" });
  const viewer = await hub.run(
    "{ viewer { project { slug } key { name role } } }",
    {},
    keys.EMITTER,
  );
  expect(viewer).toEqual({
    viewer: { project: { slug: "default" }, key: { name: "k", role: "EMITTER" } },
  });
});

test("only ADMIN finds keys as nodes", async () => {
  const { viewer } = await hub.run<{ viewer: { key: { id: string } } }>(
    "{ viewer { key { id } } }",
  );
  const find = (role: string) =>
    hub.run("query ($id: ID!) { node(id: $id) { id } }", viewer.key, keys[role]);
  expect(await find("ADMIN")).toEqual({ node: viewer.key });
  for (const role of ["VIEWER", "OPERATOR"]) expect(await find(role)).toEqual({ node: null });
});
