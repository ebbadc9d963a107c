import { beforeAll, describe, expect, test } from "vitest";
import { becameOf, judgedBy, openHook, pass } from "../fixtures/health.ts";
import { change, deliveries, emit, emitMany, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
let listener: Receiver;
beforeAll(async () => {
  listener = await receiver();
  hub = await testHub();
  await hub.run("mutation { updateProject(input: { systemEvents: true }) { project { id } } }");
  await register(hub, { url: listener.url, types: ["hook.*"] });
  return async () => {
    await hub[Symbol.asyncDispose]();
    await listener[Symbol.asyncDispose]();
  };
});
const patience = { timeout: 30_000, interval: 50 };

type Told = {
  id: string;
  type: string;
  data: { hookId: string; failures?: number; disabledPercent?: number | null };
};

/** What a target was told about a hook, in the order in which it happened. */
const toldOf = (target: Receiver, hookId: string): Told[] =>
  target.requests
    .map(({ body }) => JSON.parse(body) as Told)
    .filter(({ data }) => data?.hookId === hookId)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
const typesTo = (target: Receiver, hookId: string) => () =>
  toldOf(target, hookId).map(({ type }) => type);

/** The events of the hub about a hook. */
const eventsAbout = async (hookId: string) => {
  const rows = await hub.db.sql<{ type: string }[]>`
    select type from signalbox.events where origin = 'SYSTEM' and subject_id = ${hookId} order by id`;
  return rows.map(({ type }) => type);
};

describe("with system events", () => {
  test("hooks for hook.*, for * and for exact types are told of an outage and its end", async () => {
    await using target = await receiver(status(500));
    await using all = await receiver();
    await using exact = await receiver();
    const star = await register(hub, { url: all.url, types: ["*"] });
    await register(hub, { url: exact.url, types: ["hook.opened"] });
    const { id, event } = await openHook(hub, target.url, "told", { name: "billing" });
    target.answer = status(200);
    await pass(hub, id, "1 hour");
    await emit(hub, { type: "told" });
    const sequence = ["hook.failing", "hook.opened", "hook.recovered"];
    await expect.poll(typesTo(listener, id), patience).toEqual(sequence);
    await expect.poll(typesTo(all, id), patience).toEqual(sequence);
    await expect.poll(typesTo(exact, id), patience).toEqual(["hook.opened"]);
    const [failing, opened, recovered] = toldOf(listener, id);
    const facts = { hookId: id, name: "billing", url: target.url };
    expect(failing?.data).toEqual({
      ...{ ...facts, health: "FAILING", failures: 5, lastError: "status 500" },
      since: expect.stringMatching(/Z$/),
      failingSince: expect.stringMatching(/Z$/),
      disabledPercent: null,
    });
    expect(opened?.data).toMatchObject({ ...facts, health: "OPEN", lastError: "status 500" });
    expect(recovered?.data).toMatchObject({ ...facts, health: "HEALTHY", failures: 0 });
    const cause = await hub.db.sql`
      select cause_id, subject_type from signalbox.events where id = ${failing?.id ?? ""}`;
    expect([...cause]).toEqual([{ cause_id: event, subject_type: "hook" }]);
    const { events } = await hub.run<{ events: { nodes: { type: string }[] } }>(
      `query { events(first: 3, types: ["hook.*"]) { nodes { type } } }`,
    );
    expect(events.nodes.map(({ type }) => type)).toEqual(sequence.toReversed());
    // The calls themselves are told to exact types alone.
    expect(all.requests.some(({ body }) => body.includes("webhook_called"))).toBe(false);
    await change(hub, "deleteHook", star.id);
  });

  test("a hook is told of half and most of its way to DISABLED, and of that", async () => {
    await using target = await receiver(status(500));
    const disableAfter = { failures: 10, hours: 0 };
    const input = {
      url: target.url,
      types: ["way"],
      retries: 20,
      retryScheduleMs: [100],
      disableAfter,
    };
    const { id } = await register(hub, input);
    await emit(hub, { type: "way", waitMs: 0 });
    const sequence = ["hook.failing", "hook.failing", "hook.disabled"];
    await expect.poll(typesTo(listener, id), patience).toEqual(sequence);
    const told = toldOf(listener, id).map(({ data }) => [data.failures, data.disabledPercent]);
    expect(told.slice(0, 2)).toEqual([
      [5, 50],
      [9, 90],
    ]);
    expect(toldOf(listener, id).at(-1)?.data).toMatchObject({
      health: "DISABLED",
      reason: "failed 10 times or more in a row, for 0 hours or more (disableAfter)",
    });
    // Enabled by a person; that it works again is told by its first success.
    target.answer = status(200);
    await change(hub, "enableHook", id);
    await expect.poll(typesTo(listener, id), patience).toEqual([...sequence, "hook.recovered"]);
  });

  test("a hook is told that a target has disabled its own", async () => {
    await using target = await receiver(status(200, { "webhook-delivery": "disable" }));
    const { id } = await register(hub, { url: target.url, types: ["own"] });
    await emit(hub, { type: "own" });
    await expect.poll(typesTo(listener, id), patience).toEqual(["hook.disabled"]);
  });

  test("a hook is never told of itself, and why says so", async () => {
    await using target = await receiver(status(500));
    const { id } = await register(hub, {
      ...{ url: target.url, types: ["self", "hook.*"], retries: 20, retryScheduleMs: [100] },
    });
    await emit(hub, { type: "self", waitMs: 0 });
    await expect.poll(typesTo(listener, id), patience).toEqual(["hook.failing"]);
    expect(typesTo(target, id)()).toEqual([]);
    const [told] = toldOf(listener, id);
    const { event } = await hub.run<{ event: { why: { reason: string; hook: { id: string } }[] } }>(
      "query ($id: ID!) { event(id: $id) { why { reason hook { id } } } }",
      { id: told?.id },
    );
    expect(event.why).toContainEqual({ reason: "ITSELF", hook: { id } });
    await change(hub, "deleteHook", id);
  });

  test("two failing hooks that tell of each other come to an end", async () => {
    // Each fails until it is FAILING, and then succeeds, for ever.
    const flapping = () => {
      let count = 0;
      return receiver((request, response) =>
        status(count++ % 6 === 5 ? 200 : 500)(request, response),
      );
    };
    await using one = await flapping();
    await using two = await flapping();
    const input = {
      types: ["mutual", "hook.*"],
      retries: 20,
      retryScheduleMs: [100],
      maxInFlight: 1,
    };
    const a = await register(hub, { ...input, url: one.url });
    const b = await register(hub, { ...input, url: two.url, types: ["hook.*"] });
    await emit(hub, { type: "mutual", waitMs: 0 });
    await expect
      .poll(() => eventsAbout(a.id), patience)
      .toEqual(["hook.failing", "hook.recovered"]);
    const ended = ({ status }: { status: string }) => status === "SUCCEEDED";
    await expect
      .poll(async () => {
        const all = await deliveries(hub, { hookId: b.id });
        return [all.length, all.every(ended)];
      }, patience)
      .toEqual([2, true]);
    // It has failed and recovered for what it was told, and nobody is told of that.
    expect(await becameOf(hub, b.id)).toEqual(["FAILING", "HEALTHY", "FAILING", "HEALTHY"]);
    expect(await eventsAbout(b.id)).toEqual([]);
    expect((await judgedBy(hub, b.id)).failures).toBe(0);
  });
});

test("without system events nothing is told", async () => {
  await hub.run("mutation { updateProject(input: { systemEvents: false }) { project { id } } }");
  await using target = await receiver(status(500));
  const { id } = await register(hub, { url: target.url, types: ["silent"], retries: 0 });
  await emitMany(
    hub,
    Array.from({ length: 6 }, () => ({ type: "silent" })),
  );
  await expect.poll(() => becameOf(hub, id), patience).toEqual(["FAILING"]);
  target.answer = status(200);
  await emit(hub, { type: "silent" });
  expect(await becameOf(hub, id)).toEqual(["FAILING", "HEALTHY"]);
  expect(await eventsAbout(id)).toEqual([]);
});
