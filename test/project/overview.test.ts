import { expect, test, vi } from "vitest";
import { accepted, emitAll, registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver as startReceiver, status } from "../fixtures/receiver.ts";

type Minute = { accepted: number; delivered: number; failed: number };
type Overview = {
  acceptedPerSecond: number;
  deliveredPerSecond: number;
  failingHooks: number;
  oldestWaitingSeconds: number;
  minutes: Minute[];
};

const overview = async (hub: TestHub) =>
  (
    await hub.run<{ overview: Overview }>(`{ overview {
      acceptedPerSecond deliveredPerSecond failingHooks oldestWaitingSeconds
      minutes(last: 3) { accepted delivered failed }
    } }`)
  ).overview;

/** Over all minutes: the test may cross from one into the next. */
const sum = ({ minutes }: Overview, field: keyof Minute) =>
  minutes.reduce((total, minute) => total + minute[field], 0);

test("the overview counts what was accepted and delivered, minute by minute, and as rates", async () => {
  await using hub = await testHub();
  await using receiver = await startReceiver();
  expect(await overview(hub)).toMatchObject({ acceptedPerSecond: 0, oldestWaitingSeconds: 0 });
  await registerHook(hub, { url: receiver.url, types: ["paid"] });
  await emitAll(hub, [{ type: "paid" }, { type: "paid" }, { type: "unwanted" }]);
  await accepted(hub, { type: "later", delay: 3_600 });

  const seen = await vi.waitFor(async () => {
    const now = await overview(hub);
    expect(sum(now, "delivered")).toBe(2);
    return now;
  });
  expect(seen.minutes).toHaveLength(3);
  expect(sum(seen, "accepted")).toBe(4);
  expect(sum(seen, "failed")).toBe(0);
  // At the turn of a minute part of the last one's count is left out.
  expect(seen.acceptedPerSecond).toBeGreaterThan(0);
  expect(seen.acceptedPerSecond).toBeLessThanOrEqual(4 / 60);
  expect(seen.deliveredPerSecond).toBeGreaterThan(0);
  expect(seen.failingHooks).toBe(0);
});

test("a hook of which more calls fail than succeed is failing, and its hours say how they went", async () => {
  await using hub = await testHub();
  await using receiver = await startReceiver(status(500));
  const id = await registerHook(hub, {
    url: receiver.url,
    types: ["paid"],
    retries: 1,
    retryScheduleMs: [100],
  });
  await accepted(hub, { type: "paid", waitMs: 10_000 });
  await vi.waitFor(async () => expect((await overview(hub)).failingHooks).toBe(1));
  const { hook } = await hub.run<{
    hook: { hours: { succeeded: number; failed: number; retried: number }[] };
  }>("query ($id: ID!) { hook(id: $id) { hours { succeeded failed retried } } }", { id });
  const total = (field: "succeeded" | "failed" | "retried") =>
    hook.hours.reduce((all, hour) => all + hour[field], 0);
  expect([total("succeeded"), total("failed"), total("retried")]).toEqual([0, 1, 1]);

  const fine = await registerHook(hub, { url: receiver.url, types: ["never"], name: "fine" });
  const ids = async (isFailing: boolean) => {
    const { hooks } = await hub.run<{ hooks: { nodes: { id: string }[] } }>(
      "query ($isFailing: Boolean) { hooks(isFailing: $isFailing) { nodes { id } } }",
      { isFailing },
    );
    return hooks.nodes.map((hook) => hook.id);
  };
  expect(await ids(true)).toEqual([id]);
  expect(await ids(false)).toEqual([fine]);

  await hub.run("mutation ($id: ID!) { deleteHook(id: $id) { userErrors { message } } }", { id });
  expect((await overview(hub)).failingHooks).toBe(0);
  expect(await ids(true)).toEqual([]);
});

test("what waits for a hook and what is parked for it is counted, and how long the oldest waits", async () => {
  await using hub = await testHub();
  await using receiver = await startReceiver(status(503));
  const waits = await registerHook(hub, { url: receiver.url, types: ["a"], name: "waits" });
  const parks = await registerHook(hub, { url: receiver.url, types: ["a"], name: "parks" });
  await hub.run("mutation ($id: ID!) { pauseHook(id: $id) { userErrors { message } } }", {
    id: parks,
  });
  await emitAll(hub, [{ type: "a" }, { type: "a" }]);
  const query = "query ($id: ID!) { hook(id: $id) { waitingCount parkedCount } }";
  const counts = async (id: string) => (await hub.run<{ hook: object }>(query, { id })).hook;
  expect(await counts(waits)).toEqual({ waitingCount: 2, parkedCount: 0 });
  expect(await counts(parks)).toEqual({ waitingCount: 0, parkedCount: 2 });

  // As if it had been due for a minute, and the workers were away.
  await hub.db.sql`update signalbox.hooks set status = 'PAUSED' where id = ${waits}`;
  await hub.db
    .sql`update signalbox.queue set due_at = now() - interval '1 minute' where hook_id = ${waits}
    and lease_token is null`;
  await vi.waitFor(async () =>
    expect((await overview(hub)).oldestWaitingSeconds).toBeGreaterThanOrEqual(60),
  );
});

test("limits of the overview's arguments are said by name", async () => {
  await using hub = await testHub();
  const { errors } = await hub.send("{ overview { minutes(last: 1441) { accepted } } }");
  expect(errors?.[0]).toMatchObject({
    message: "last must be a whole number from 1 to 1440.",
    extensions: { code: "BAD_REQUEST" },
  });
});
