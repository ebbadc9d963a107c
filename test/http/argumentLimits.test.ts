import {
  type GraphQLArgument,
  type GraphQLInputField,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isObjectType,
} from "graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { schema } from "../../src/graphql/schema.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const isList = ({ type }: GraphQLArgument | GraphQLInputField) => isListType(getNullableType(type));

/** Every list that a caller may give: `Query.events(types)`, `EmitEventInput.actions`. */
const lists = Object.values(schema.getTypeMap()).flatMap((type) => {
  if (type.name.startsWith("__")) return [];
  if (isInputObjectType(type))
    return Object.values(type.getFields())
      .filter(isList)
      .map(({ name }) => `${type.name}.${name}`);
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) =>
    field.args.filter(isList).map(({ name }) => `${type.name}.${field.name}(${name})`),
  );
});

const many = (type: string, count: number) => {
  const named = getNamedType(schema.getType(type));
  const value = named && "getValues" in named ? named.getValues()[0]?.name : "a.b";
  return Array.from({ length: count }, () => value);
};
const statuses = (type: string) => `[${many(type, 101).join(" ")}]`;
const types = JSON.stringify(many("String", 101));
const codes = Array.from({ length: 101 }, () => 500);
const step = '{ id: "a", url: "http://127.0.0.1:1/" }';
const url = '"http://127.0.0.1:1/"';

/** An operation that gives each of them one item too many, and what the answer names. */
const labels = JSON.stringify(Array.from({ length: 11 }, (_, index) => `label ${index}`));
const tooMany: Record<string, [operation: string, says: string]> = {
  "Query.events(types)": [`{ events(types: ${types}) { nodes { id } } }`, "argument types"],
  "Query.events(status)": [
    `{ events(status: ${statuses("EventStatus")}) { nodes { id } } }`,
    "argument status",
  ],
  "Query.deliveries(status)": [
    `{ deliveries(status: ${statuses("DeliveryStatus")}) { nodes { id } } }`,
    "argument status",
  ],
  "Query.eventSchedules(status)": [
    `{ eventSchedules(status: ${statuses("EventScheduleStatus")}) { nodes { id } } }`,
    "argument status",
  ],
  "Query.hooks(status)": [
    `{ hooks(status: ${statuses("HookStatus")}) { nodes { id } } }`,
    "argument status",
  ],
  "Event.deliveries(status)": [
    `mutation { emitEvent(input: { type: "a" }) {
      event { deliveries(status: ${statuses("DeliveryStatus")}) { nodes { id } } } } }`,
    "argument status",
  ],
  "Event.runs(status)": [
    `mutation { emitEvent(input: { type: "a" }) {
      event { runs(status: ${statuses("RunStatus")}) { nodes { id } } } } }`,
    "argument status",
  ],
  "Hook.deliveries(status)": [
    `mutation { registerHook(input: { url: ${url}, types: ["none"] }) {
      hook { deliveries(status: ${statuses("DeliveryStatus")}) { nodes { id } } } } }`,
    "argument status",
  ],
  "Workflow.runs(status)": [
    `mutation { createWorkflow(input: { name: "w", eventType: "a", steps: [${step}] }) {
      workflow { runs(status: ${statuses("RunStatus")}) { nodes { id } } } } }`,
    "argument status",
  ],
  "EmitEventInput.channels": [
    `mutation { emitEvent(input: { type: "a", channels: ${labels} }) { userErrors { message } } }`,
    "'channels' must have a maximum of 10 items",
  ],
  "EmitEventInput.tags": [
    `mutation { emitEvent(input: { type: "a", tags: ${labels} }) { userErrors { message } } }`,
    "'tags' must have a maximum of 10 items",
  ],
  "PreviewHookInput.channels": [
    `{ previewHook(input: { types: ["a"], channels: ${labels} }) { userErrors { message } } }`,
    "'channels' must have a maximum of 10 items",
  ],
  "PreviewHookInput.changed": [
    `{ previewHook(input: { types: ["a"], changed: ${types} }) { userErrors { message } } }`,
    "'changed' must have a maximum of 100 items",
  ],
  "RegisterHookInput.changed": [
    `mutation { registerHook(input: { url: ${url}, types: ["a"], changed: ${types} }) {
      userErrors { message } } }`,
    "'changed' must have a maximum of 100 items",
  ],
  "RegisterHookInput.channels": [
    `mutation { registerHook(input: { url: ${url}, types: ["a"], channels: ${labels} }) {
      userErrors { message } } }`,
    "'channels' must have a maximum of 10 items",
  ],
  "PreviewHookInput.types": [
    `{ previewHook(input: { types: ${types} }) { userErrors { message } } }`,
    "'types' must have a maximum of 100 items",
  ],
  "PreviewWorkflowInput.steps": [
    `{ previewWorkflow(input: { eventType: "a", steps: [${step.repeat(51)}] }) {
      userErrors { message } } }`,
    "'steps' must have a maximum of 50 items",
  ],
  "RegisterHookInput.types": [
    `mutation { registerHook(input: { url: ${url}, types: ${types} }) { userErrors { message } } }`,
    "'types' must have a maximum of 100 items",
  ],
  "RegisterHookInput.retryScheduleMs": [
    `mutation { registerHook(input: { url: ${url}, types: ["a"], retryScheduleMs: [${"100 ".repeat(21)}] }) {
      userErrors { message } } }`,
    "'retryScheduleMs' must have a maximum of 20 items",
  ],
  "RegisterHookInput.unsubscribeOn": [
    `mutation { registerHook(input: { url: ${url}, types: ["a"], unsubscribeOn: [${"410 ".repeat(21)}] }) {
      userErrors { message } } }`,
    "'unsubscribeOn' must have a maximum of 20 items",
  ],
  "RegisterHookInput.finalStatuses": [
    `mutation { registerHook(input: { url: ${url}, types: ["a"], finalStatuses: [${"413 ".repeat(21)}] }) {
      userErrors { message } } }`,
    "'finalStatuses' must have a maximum of 20 items",
  ],
  "CreateWorkflowInput.steps": [
    `mutation { createWorkflow(input: { name: "v", eventType: "a", steps: [${step.repeat(51)}] }) {
      userErrors { message } } }`,
    "'steps' must have a maximum of 50 items",
  ],
  "EmitEventInput.actions": [
    `mutation { emitEvent(input: { type: "a", actions: [${`{ buttonText: "b", url: ${url} }`.repeat(21)}] }) {
      userErrors { message } } }`,
    "actions",
  ],
  "Mutation.emitEvents(input)": [
    "mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { userErrors { message } } }",
    "1 to 1000 events, got 1001",
  ],
  "ReplayInput.deliveryIds": [
    `mutation { replayDeliveries(input: { deliveryIds: ${JSON.stringify(many("ID", 1_001))} }) {
      userErrors { message } } }`,
    "'deliveryIds' must have a maximum of 1000 items",
  ],
  "ReplayInput.status": [
    `mutation { replayDeliveries(input: { since: "2026-01-01T00:00:00Z", status: ${statuses("DeliveryStatus")} }) {
      userErrors { message } } }`,
    "'status' must have a maximum of 20 items",
  ],
  ...Object.fromEntries(
    Object.entries({ hookIds: types, types, statusCodes: JSON.stringify(codes) }).flatMap(
      ([name, items]): [string, [operation: string, says: string]][] => [
        [
          `Query.deliveries(${name})`,
          [`{ deliveries(${name}: ${items}) { nodes { id } } }`, `argument ${name}`],
        ],
        [
          `ReplayInput.${name}`,
          [
            `mutation { replayDeliveries(input: { since: "2026-01-01T00:00:00Z", ${name}: ${items} }) {
              userErrors { message } } }`,
            `'${name}' must have a maximum of 100 items`,
          ],
        ],
      ],
    ),
  ),
};
/** Of a hook or workflow that must be there first. */
const ofExisting: Record<string, [hook: string, says: string]> = {
  "UpdateHookInput.channels": [`channels: ${labels}`, "maximum of 10 items"],
  "UpdateHookInput.changed": [`changed: ${types}`, "maximum of 100 items"],
  "UpdateHookInput.types": [`types: ${types}`, "maximum of 100 items"],
  "UpdateHookInput.retryScheduleMs": [
    `retryScheduleMs: [${"100 ".repeat(21)}]`,
    "maximum of 20 items",
  ],
  "UpdateHookInput.unsubscribeOn": [`unsubscribeOn: [${"410 ".repeat(21)}]`, "maximum of 20 items"],
  "UpdateHookInput.finalStatuses": [`finalStatuses: [${"413 ".repeat(21)}]`, "maximum of 20 items"],
  "UpdateWorkflowInput.steps": [`steps: [${step.repeat(51)}]`, "maximum of 50 items"],
};
const subscriptions = [
  "Subscription.eventEmitted(types)",
  "Subscription.eventUpdated(types)",
  "Subscription.deliveryUpdated(status)",
];

test("every list of the schema has a length that is tested", () => {
  const tested = [...Object.keys(tooMany), ...Object.keys(ofExisting), ...subscriptions];
  expect(tested.sort()).toEqual(lists.sort());
});

test.each(Object.entries(tooMany))(
  "%s: one item too many is refused with the limit",
  async (_, [operation, says]) => {
    const input = Array.from({ length: 1_001 }, () => ({ type: "a" }));
    const answer = await hub.send(operation, operation.includes("$input") ? { input } : undefined);
    const text = JSON.stringify(answer);
    expect(text).toContain(says);
    if (says.startsWith("argument"))
      expect(answer.errors?.[0]).toMatchObject({
        message: `Items of the ${says}: at most 100, got 101.`,
        extensions: { code: "LIMIT_EXCEEDED" },
      });
  },
);

test("of a hook and a workflow that are there, too", async () => {
  const { registerHook, createWorkflow } = await hub.run<
    Record<"registerHook" | "createWorkflow", Record<"hook" | "workflow", { id: string }>>
  >(`mutation {
    registerHook(input: { url: ${url}, types: ["none"] }) { hook { id } }
    createWorkflow(input: { name: "x", eventType: "a", steps: [${step}] }) { workflow { id } } }`);
  for (const [name, [input, says]] of Object.entries(ofExisting)) {
    const isHook = name.includes("Hook");
    const { id } = isHook ? registerHook.hook : createWorkflow.workflow;
    const mutation = isHook ? "updateHook" : "updateWorkflow";
    const answer = await hub.send(
      `mutation { ${mutation}(id: "${id}", input: { ${input} }) { userErrors { message } } }`,
    );
    expect(JSON.stringify(answer), name).toContain(says);
  }
});

test.each([
  [`eventEmitted(types: ${types}) { cursor }`, "types"],
  [`eventUpdated(types: ${types}) { cursor }`, "types"],
  [`deliveryUpdated(status: ${statuses("DeliveryStatus")}) { cursor }`, "status"],
])("a subscription is refused by the same words: %#", async (field, argument) => {
  const results = hub.socket().iterate({ query: `subscription { ${field} }` });
  // The client throws the errors that the hub sent.
  await expect(results.next()).rejects.toMatchObject([
    { message: `Items of the argument ${argument}: at most 100, got 101.` },
  ]);
});

test("a text or an item that is too long is refused before anything is read", async () => {
  const events =
    "query ($types: [String!], $search: String) { events(types: $types, search: $search) { nodes { id } } }";
  const message = async (variables: object) =>
    (await hub.send(events, variables)).errors?.[0]?.message;
  expect(await message({ types: ["x".repeat(201)] })).toBe(
    "Characters of an item of the argument types: at most 200, got 201.",
  );
  expect(await message({ search: "x".repeat(201) })).toBe(
    "Characters of the argument search: at most 200, got 201.",
  );
  expect(await message({ search: "x".repeat(200), types: Array(100).fill("x.*") })).toBeUndefined();
  const { errors } = await hub.send(
    `{ resource(type: "a", resourceId: "${"x".repeat(1_001)}") { id } }`,
  );
  expect(errors?.[0]?.message).toBe(
    "Characters of the argument resourceId: at most 1000, got 1001.",
  );
});

test("42,000 patterns in each of six fields cost six answers and no read", async () => {
  const fields = Array.from(
    { length: 6 },
    (_, n) => `e${n}: events(types: $types) { nodes { id } }`,
  );
  const query = `query ($types: [String!]) { ${fields.join(" ")} }`;
  const answer = await hub.send(query, { types: Array(42_000).fill("some.longer.type.*") });
  expect(answer.status).toBe(400);
  expect(answer.errors?.[0]?.extensions.code).toBe("LIMIT_EXCEEDED");
  expect(answer.errors?.[0]?.message).toContain("at most 100, got 42000");
});
