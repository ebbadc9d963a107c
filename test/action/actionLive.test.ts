import { beforeAll, expect, test } from "vitest";
import { actionOf, actionsOn, button, press } from "../fixtures/actions.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, statuses } from "../fixtures/receiver.ts";
import { following, overSocket } from "../fixtures/subscription.ts";

type Item = {
  cursor: string;
  action: {
    id: string;
    key: string;
    status: string;
    completedAt: string | null;
    lastError: string | null;
  };
};
type Activity = { cursor: string; node: { __typename: string; id: string } };
const FIELDS = "cursor action { id key status completedAt lastError }";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
  return async () => {
    await hub[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  };
});
const soon = { timeout: 60_000 };

test("actionUpdated shows an action with its event, running, failed, and complete, in order", async () => {
  target.answer = statuses(500, 200);
  await using all = overSocket<Item>(hub, `subscription { actionUpdated { ${FIELDS} } }`);
  await following(hub.url, 1);
  const { id } = await button(hub, target.url);
  await press(hub, id);
  await press(hub, id);
  await expect.poll(() => all.items.length, soon).toBe(5);
  const { completedAt } = await actionOf(hub, id);
  const seen = all.items.map(({ action: { status, lastError, completedAt: at } }) => [
    status,
    lastError,
    at,
  ]);
  expect(seen).toEqual([
    ["PENDING", null, null],
    ["RUNNING", null, null],
    ["PENDING", "status 500", null],
    ["RUNNING", "status 500", null],
    ["COMPLETE", null, completedAt],
  ]);
  // Coming back with a cursor continues behind it, with every state as it was then.
  await using again = overSocket<Item>(
    hub,
    `subscription ($after: String) { actionUpdated(after: $after) { ${FIELDS} } }`,
    { after: all.items[1]?.cursor },
  );
  await expect.poll(() => again.items.length, soon).toBe(3);
  expect(again.items).toEqual(all.items.slice(2));
});

test("actionUpdated is of one event, or of one action, when asked", async () => {
  target.answer = statuses(200);
  const buttons = ["a", "b"].map((key) => ({ url: target.url, buttonText: key, key }));
  const [a, b] = await actionsOn(hub, buttons);
  const [other] = await actionsOn(hub, buttons);
  if (!a || !b || !other) throw new Error("no actions");
  const { action } = await hub.run<{ action: { event: { id: string } } }>(
    "query ($id: ID!) { action(id: $id) { event { id } } }",
    { id: a.id },
  );
  const live = (args: string) =>
    overSocket<Item>(hub, `subscription { actionUpdated(${args}) { ${FIELDS} } }`);
  await using ofEvent = live(`eventId: "${action.event.id}"`);
  await using ofAction = live(`actionId: "${b.id}"`);
  await following(hub.url, 2);
  for (const { id } of [other, a, b]) await press(hub, id);
  await expect.poll(() => ofEvent.items.length, soon).toBe(4);
  expect(ofEvent.items.map((item) => item.action.key)).toEqual(["a", "a", "b", "b"]);
  await expect.poll(() => ofAction.items.length, soon).toBe(2);
  expect(ofAction.items.map((item) => [item.action.id, item.action.status])).toEqual([
    [b.id, "RUNNING"],
    [b.id, "COMPLETE"],
  ]);
});

test("activity shows an event before its actions, and a new schedule on both", async () => {
  await using live = overSocket<Activity>(
    hub,
    "subscription { activity { cursor node { __typename id ... on Action { expiresAt } } } }",
  );
  await following(hub.url, 1);
  const [action] = await actionsOn(hub, [{ url: target.url, buttonText: "Ban", key: "ban" }], {
    delay: 3_600,
  });
  await expect.poll(() => live.items.length, soon).toBe(2);
  const [event] = live.items;
  await hub.run("mutation ($id: ID!) { rescheduleEvent(id: $id, delay: 7200) { event { id } } }", {
    id: event?.node.id,
  });
  await expect.poll(() => live.items.length, soon).toBe(4);
  expect(live.items.map(({ node }) => node.__typename)).toEqual([
    "Event",
    "Action",
    "Event",
    "Action",
  ]);
  const [, before, , after] = live.items.map(
    ({ node }) => (node as { expiresAt?: string }).expiresAt,
  );
  expect(before).toBe(action?.expiresAt);
  expect(Date.parse(after ?? "") - Date.parse(before ?? "")).toBeGreaterThan(3_500_000);
});

test("actions and presses are found as nodes, and presses come in pages, newest first", async () => {
  target.answer = statuses(500);
  const { id } = await button(hub, target.url);
  const made: string[] = [];
  for (let count = 0; count < 3; count++) made.unshift((await press(hub, id)).press?.id ?? "");
  type Node = { node: { __typename: string; id: string } };
  const node = (of: string) =>
    hub.run<Node>("query ($id: ID!) { node(id: $id) { __typename id } }", { id: of });
  expect(await node(id)).toEqual({ node: { __typename: "Action", id } });
  expect(await node(made[0] ?? "")).toEqual({ node: { __typename: "Press", id: made[0] } });

  type Page = {
    action: {
      presses: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    };
  };
  const page = (after?: string) =>
    hub.run<Page>(
      `query ($id: ID!, $after: String) { action(id: $id) { presses(first: 2, after: $after) {
        nodes { id } pageInfo { hasNextPage endCursor } } } }`,
      { id, after },
    );
  const first = (await page()).action.presses;
  expect(first.nodes.map((each) => each.id)).toEqual(made.slice(0, 2));
  expect(first.pageInfo.hasNextPage).toBe(true);
  const second = (await page(first.pageInfo.endCursor)).action.presses;
  expect(second.nodes.map((each) => each.id)).toEqual(made.slice(2));
});
