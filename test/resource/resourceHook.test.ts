import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { removeExpired } from "../../src/worker/job/retention.ts";
import { accepted } from "../fixtures/emit.ts";
import {
  change,
  deliveries,
  deliveryOf,
  emit,
  hookOf,
  register,
  update as updateHook,
} from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";
import { created, remove, typeWithEvents, update, whyOf } from "../fixtures/resources.ts";

let hub: TestHub;
let target: Receiver;
let type: string;
let number = 0;
beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});
beforeEach(async () => {
  number++;
  type = `kind${number}`;
  await typeWithEvents(hub, type);
  target.answer = status(200);
  target.requests.length = 0;
});

const soon = { timeout: 60_000 };
const restHook = (input: object = {}) =>
  register(hub, {
    url: target.url,
    format: "RESOURCE",
    types: ["Created", "Updated", "Deleted"].map((change) => type + change),
    retryScheduleMs: [100],
    ...input,
  });
/** What came in this test; a retry of the one before may still be under way. */
const bodies = () =>
  target.requests
    .map(({ body }) => body)
    .filter((text) => !text.startsWith('{"kind') || text.startsWith(`{"${type}"`));
const body = (id: string, rest = "") => `{"${type}":[{"id":"${id}"${rest}}]}`;
const ended = (eventId: string) =>
  expect.poll(async () => (await deliveryOf(hub, eventId)).status, soon).toBe("SUCCEEDED");

test("the body is the resource as it was when the event was matched, on every try", async () => {
  await restHook({ retries: 10 });
  target.answer = status(500);
  const { event } = await created(hub, { type, attributes: { n: 1.1 } });
  await expect.poll(() => bodies().length, soon).toBe(1);
  await update(hub, type, "1", { n: 2 });
  await remove(hub, type, "1");
  target.answer = status(200);
  await ended(event.id);
  const own = target.requests.filter(({ headers }) => headers["webhook-id"] === event.id);
  expect(own.length).toBeGreaterThan(1);
  expect(new Set(own.map(({ body }) => body))).toEqual(new Set([body("1", ',"n":1.1')]));
});

test("a retry by hand and a replay send the same bytes as at first, whatever became of the resource", async () => {
  const { id } = await restHook({ types: [`${type}Created`], retries: 0 });
  target.answer = status(500);
  const { event } = await created(hub, { type, attributes: { n: 1 } });
  await expect.poll(async () => (await hookOf(hub, id)).failedCount, soon).toBe(1);
  await update(hub, type, "1", { n: 2 });
  target.answer = status(200);
  const [failed] = await deliveries(hub, { hookId: id });
  await hub.run("mutation ($id: ID!) { retryDelivery(id: $id) { userErrors { message } } }", {
    id: failed?.id,
  });
  await expect.poll(async () => (await hookOf(hub, id)).succeededCount, soon).toBe(1);
  await hub.run(
    `mutation ($hookId: ID!) {
      replayDeliveries(input: { hookId: $hookId, since: "2020-01-01T00:00:00Z" }) { matched }
    }`,
    { hookId: id },
  );
  await expect.poll(async () => (await hookOf(hub, id)).succeededCount, soon).toBe(2);
  expect(bodies()).toEqual(Array(3).fill(body("1", ',"n":1')));
  for (const { requestBody } of await deliveries(hub, { eventId: event.id }))
    expect(requestBody).toBe(body("1", ',"n":1'));
});

test("the event of a deletion sends the last state, and so does a later one", async () => {
  await restHook();
  await created(hub, { type, attributes: { n: 1 } });
  await remove(hub, type, "1");
  await expect.poll(() => bodies().length, soon).toBe(2);
  await emit(hub, { type: `${type}Updated`, subject: { type, id: "1" } });
  expect(bodies()).toEqual(Array(3).fill(body("1", ',"n":1')));
});

test("a scheduled event sends its subject as it is when it is due", async () => {
  const { id } = await restHook({ types: [`${type}Updated`] });
  const subject = { type, id: "1" };
  const event = await accepted(hub, { type: `${type}Updated`, subject, delay: 1.5 });
  expect(event.status).toBe("SCHEDULED");
  await created(hub, { type, attributes: { n: 1 } });
  await ended(event.id);
  expect(bodies()).toEqual([body("1", ',"n":1')]);
  expect(await whyOf(hub, event.id, id)).toEqual(["MATCHED", null]);
});

test("an event whose subject is no resource has no delivery, and why says so for good", async () => {
  const { id } = await restHook();
  const none = await emit(hub, { type: `${type}Created`, data: { id: "1" } });
  const unknown = await emit(hub, { type: `${type}Created`, subject: { type, id: "1" } });
  expect([none.status, unknown.status]).toEqual(["PROCESSED", "PROCESSED"]);
  await created(hub, { type, resourceId: "1" });
  await updateHook(hub, id, { format: "CLOUD_EVENT" });
  expect(await whyOf(hub, none.id, id)).toEqual([
    "NO_RESOURCE",
    "the event has no subject, so no resource to send",
  ]);
  expect(await whyOf(hub, unknown.id, id)).toEqual([
    "NO_RESOURCE",
    `there was no resource '1' of type '${type}'`,
  ]);
  expect((await deliveries(hub, { hookId: id })).length).toBe(1);
  expect((await hookOf(hub, id)).triggeredCount).toBe(1);
});

test("a paused hook's delivery is parked with the resource of that moment", async () => {
  const { id } = await restHook({ types: [`${type}Created`] });
  await change(hub, "pauseHook", id);
  const { event } = await created(hub, { type, attributes: { n: 1 } });
  const nothing = await emit(hub, { type: `${type}Created` });
  expect(await whyOf(hub, event.id, id)).toEqual(["PAUSED", null]);
  expect((await whyOf(hub, nothing.id, id))[0]).toBe("NO_RESOURCE");
  await update(hub, type, "1", { n: 2 });
  await change(hub, "resumeHook", id);
  await ended(event.id);
  expect(bodies()).toEqual([body("1", ',"n":1')]);
});

test("many hooks of one event share what they send, beside hooks of other formats", async () => {
  for (let count = 0; count < 3; count++) await restHook();
  const { id } = await register(hub, { url: target.url, types: ["*"] });
  const { event } = await created(hub, { type });
  await expect.poll(() => bodies().length, soon).toBe(4);
  expect(bodies().filter((text) => text === body("1")).length).toBe(3);
  const kept = await hub.db.sql`select from signalbox.event_resources where event_id = ${event.id}`;
  expect(kept.length).toBe(1);
  await change(hub, "deleteHook", id);
});

test("filters and users choose among REST hooks as among others", async () => {
  await restHook({ filter: 'event.data.n > 1 && event.origin == "REST"' });
  const bobs = await restHook({ userId: "bob" });
  const first = await created(hub, { type, attributes: { n: 1 } });
  await created(hub, { type, attributes: { n: 2 } });
  await expect.poll(bodies, soon).toEqual([body("2", ',"n":2')]);
  expect((await whyOf(hub, first.event.id, bobs.id))[0]).toBe("USER");
});

test("a hook that is triggered by hand sends the resource that the data names", async () => {
  const { id } = await restHook();
  await created(hub, { type, resourceId: "x", attributes: { n: 1 } });
  await expect.poll(() => bodies().length, soon).toBe(1);
  const trigger = async (data: unknown) => {
    type Triggered = { triggerHook: { event: { id: string; origin: string } } };
    const { triggerHook } = await hub.run<Triggered>(
      `mutation ($id: ID!, $data: JSON) {
        triggerHook(id: $id, data: $data, waitMs: 10000) { event { id origin } }
      }`,
      { id, data },
    );
    return triggerHook.event;
  };
  const event = await trigger({ id: "x" });
  expect(event.origin).toBe("MANUAL");
  expect(bodies()).toEqual(Array(2).fill(body("x", ',"n":1')));
  const nothing = await trigger({ name: "x" });
  expect((await whyOf(hub, nothing.id, id))[0]).toBe("NO_RESOURCE");
});

test("a hook of another format becomes a REST hook for what is matched from then on", async () => {
  const { id } = await register(hub, { url: target.url, types: [`${type}Created`] });
  await created(hub, { type });
  await expect.poll(() => bodies().length, soon).toBe(1);
  expect(await updateHook(hub, id, { format: "RESOURCE" })).toEqual([]);
  await created(hub, { type });
  await expect.poll(() => bodies().length, soon).toBe(2);
  expect(JSON.parse(bodies()[0] ?? "").specversion).toBe("1.0-rc1");
  expect(bodies()[1]).toBe(body("2"));
});

test("a hook that becomes a REST hook is ended by 401 and 410, unless it has codes of its own", async () => {
  const codesOf = async (given: object) => {
    const { id } = await register(hub, { url: target.url, types: [`${type}Created`], ...given });
    expect(await updateHook(hub, id, { format: "RESOURCE" })).toEqual([]);
    const query = "query ($id: ID!) { hook(id: $id) { unsubscribeOn } }";
    return (await hub.run<{ hook: { unsubscribeOn: number[] } }>(query, { id })).hook.unsubscribeOn;
  };
  expect(await codesOf({})).toEqual([401, 410]);
  expect(await codesOf({ format: "CLOUD_EVENT_BINARY" })).toEqual([401, 410]);
  expect(await codesOf({ unsubscribeOn: [404] })).toEqual([404]);
});

test("a preview shows what a REST hook would be sent, and what there is no resource for", async () => {
  await created(hub, { type, attributes: { n: 1 } });
  await emit(hub, { type: `${type}Created` });
  type Preview = { reason: string; body: string | null };
  const { previewHook } = await hub.run<{ previewHook: { trials: Preview[] } }>(
    `query ($types: [String!]!) {
      previewHook(input: { types: $types, format: RESOURCE }) { trials { reason body } }
    }`,
    { types: [`${type}Created`] },
  );
  expect(previewHook.trials).toEqual([
    { reason: "NO_RESOURCE", body: null },
    { reason: "MATCHED", body: body("1", ',"n":1') },
  ]);
});

test("what events sent goes with them, and the last states of deleted resources after as long", async () => {
  const { sql } = hub.db;
  await restHook();
  const { event } = await created(hub, { type });
  await ended(event.id);
  await created(hub, { type });
  await remove(hub, type, "1");
  await remove(hub, type, "2");
  await expect.poll(() => bodies().length, soon).toBe(4);
  await sql`update signalbox.resources set deleted_at = now() - interval '31 days'
    where type = ${type} and resource_id = '1'`;
  const old = `0${event.id.slice(1)}`.replace(/^.{8}/, "01000000");
  for (const column of ["events.id", "ended_deliveries.event_id", "event_resources.event_id"]) {
    const [table = "", name = ""] = column.split(".");
    await sql`update ${sql(`signalbox.${table}`)} set ${sql(name)} = ${old} where ${sql(name)} = ${event.id}`;
  }
  await sql`update signalbox.events set received_at = now() - interval '31 days' where id = ${old}`;
  await removeExpired(hub.db, 30);
  expect(await sql`select from signalbox.event_resources where event_id = ${old}`).toEqual([]);
  const left = await sql`select resource_id from signalbox.resources where type = ${type}`;
  expect(left).toMatchObject([{ resource_id: "2" }]);
});
