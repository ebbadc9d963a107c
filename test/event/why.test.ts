import { expect, test } from "vitest";
import { accepted, registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

type Trace = { hook: { name: string } | null; reason: string; detail: string | null };

async function why(hub: TestHub, id: string): Promise<Record<string, [string, string | null]>> {
  const { event } = await hub.run<{ event: { why: Trace[] } }>(
    "query ($id: ID!) { event(id: $id) { why { hook { name } reason detail } } }",
    { id },
  );
  return Object.fromEntries(
    event.why.map(({ hook, reason, detail }) => [hook?.name ?? "", [reason, detail]]),
  );
}

const change = (hub: TestHub, mutation: "pauseHook" | "resumeHook" | "deleteHook", id: string) =>
  hub.run(`mutation ($id: ID!) { ${mutation}(id: $id) { userErrors { code message } } }`, { id });

test("every hook is named with the reason for which it matched or did not", async () => {
  await using hub = await testHub();
  const url = "http://127.0.0.1:9/";
  const register = (name: string, input: object) => registerHook(hub, { url, name, ...input });
  await register("matched", { types: ["order.*"] });
  await register("all", { types: ["*"], filter: "event.data.amount > 5" });
  await register("type", { types: ["ticket.*", "order"] });
  await register("filter", { types: ["order.paid"], filter: "event.data.amount > 10" });
  await register("missing", { types: ["order.paid"], filter: "event.data.total > 10" });
  await register("user", { types: ["order.paid"], userId: "bob" });
  await register("type before user and filter", {
    types: ["other"],
    userId: "bob",
    filter: "false",
  });
  await register("user before filter", { types: ["*"], userId: "bob", filter: "false" });
  const paused = await register("paused", { types: ["order.paid"] });
  const pausedOther = await register("paused, other type", { types: ["ticket"] });
  await change(hub, "pauseHook", paused);
  await change(hub, "pauseHook", pausedOther);
  const deleted = await register("deleted", { types: ["order.paid"] });
  const deletedOther = await register("deleted, other type", { types: ["ticket"] });
  await change(hub, "deleteHook", deleted);
  await change(hub, "deleteHook", deletedOther);

  const event = { type: "order.paid", data: { amount: 7 }, userId: "ann" };
  const { id } = await accepted(hub, event);
  expect(await why(hub, id)).toEqual({
    matched: ["MATCHED", null],
    all: ["MATCHED", null],
    type: ["TYPE", "takes ticket.*, order"],
    filter: ["FILTER", null],
    missing: ["FILTER", expect.stringContaining("total")],
    user: ["USER", "takes events of user 'bob' only"],
    "type before user and filter": ["TYPE", "takes other"],
    "user before filter": ["USER", "takes events of user 'bob' only"],
    paused: ["PAUSED", null],
    "paused, other type": ["TYPE", "takes ticket"],
    deleted: ["DELETED", null],
  });
  const { deliveries } = await hub.run<{
    deliveries: { nodes: { hook: { name: string }; status: string }[] };
  }>("query ($id: ID!) { deliveries(eventId: $id) { nodes { status hook { name } } } }", { id });
  const reached = deliveries.nodes.map(({ hook }) => hook.name).sort();
  expect(reached).toEqual(["all", "matched", "paused"]);
  expect(deliveries.nodes.find(({ hook }) => hook.name === "paused")?.status).toBe("PARKED");
});

test("the reasons stay what they were, whatever becomes of the hooks", async () => {
  await using hub = await testHub();
  const url = "http://127.0.0.1:9/";
  const hook = await registerHook(hub, {
    url,
    name: "hook",
    types: ["a"],
    filter: "event.data > 1",
  });
  const update = (input: object) =>
    hub.run(
      `mutation ($id: ID!, $input: UpdateHookInput!) { updateHook(id: $id, input: $input) { userErrors { message } } }`,
      { id: hook, input },
    );
  const emitNow = async () => (await accepted(hub, { type: "a", data: 1, userId: "ann" })).id;

  const steps: [change: () => Promise<unknown>, reason: string | undefined][] = [
    [async () => {}, "FILTER"],
    [() => update({ filter: "event.data > 0" }), "MATCHED"],
    [() => update({ types: ["b"] }), "TYPE"],
    [() => update({ types: ["a", "b"], userId: "bob" }), "USER"],
    [() => update({ userId: null }), "MATCHED"],
    [() => change(hub, "pauseHook", hook), "PAUSED"],
    [() => change(hub, "resumeHook", hook), "MATCHED"],
    [() => change(hub, "deleteHook", hook), "DELETED"],
  ];
  const events: { id: string; reason: string | undefined }[] = [];
  for (const [step, reason] of steps) {
    await step();
    events.push({ id: await emitNow(), reason });
  }
  await registerHook(hub, { url, name: "newcomer", types: ["a"] });
  for (const { id, reason } of events) {
    const reasons = await why(hub, id);
    expect(Object.keys(reasons)).toEqual(["hook"]);
    expect(reasons.hook?.[0]).toBe(reason);
  }
});
