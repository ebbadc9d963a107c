import { afterAll, beforeAll, expect, test } from "vitest";
import { removeOldKeys } from "../../src/db/retention/retention.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { svixCall } from "../fixtures/svix/call.ts";

let hub: TestHub;
const call = svixCall(() => hub);
beforeAll(async () => {
  hub = await testHub();
  await call("POST", "/app", { name: "App", uid: "app" });
  await call("POST", "/app/app/endpoint", { url: "http://127.0.0.1:9/", uid: "ep" });
});
afterAll(() => hub[Symbol.asyncDispose]());

const message = { eventType: "a", payload: {} };
const endpoint = { url: "http://127.0.0.1:9/" };
const [app, ep] = ["/app/app", "/app/app/endpoint/ep"];

test("a request that is repeated with its key creates one application and one endpoint", async () => {
  const once = (path: string, body: object) =>
    call("POST", path, body, { headers: { "idempotency-key": "create-1" } });
  const first = await once("/app", { name: "Once" });
  expect(await once("/app", { name: "Once" })).toEqual(first);
  expect((await once("/app", { name: "Twice" })).status).toBe(409);
  const made = await once(`${app}/endpoint`, endpoint);
  expect([made.status, await once(`${app}/endpoint`, endpoint)]).toEqual([201, made]);
  expect((await once(`${app}/endpoint`, { url: "nowhere" })).status).toBe(409);
  const failed = await call("POST", `${app}/endpoint`, {}, { headers: { "idempotency-key": "f" } });
  expect(failed.status).toBe(422);
});

test("the key of an example is that of its endpoint: another endpoint's example with it is refused", async () => {
  const other = await call("POST", `${app}/endpoint`, endpoint);
  const example = (at: string) =>
    call("POST", `${at}/send-example`, message, { headers: { "idempotency-key": "example" } });
  const first = await example(ep);
  expect(first.status).toBe(200);
  expect(await example(ep)).toEqual(first);
  const elsewhere = `${app}/endpoint/${JSON.parse(other.text).id}`;
  expect(await example(elsewhere)).toMatchObject({
    status: 409,
    body: { code: "conflict" },
  });
});

test("the key of an application is forgotten after 24 hours, not before", async () => {
  const body = { name: "Daily" };
  const once = async () =>
    (await call("POST", "/app", body, { headers: { "idempotency-key": "daily" } })).text;
  const first = await once();
  const age = async (hours: number) => {
    const { sql } = hub.db;
    await sql`
      update signalbox.idempotency_keys set created_at = now() - ${hours} * interval '1 hour' where key = 'daily'`;
    await removeOldKeys(sql, 30);
  };
  await age(23);
  expect(await once()).toBe(first);
  await age(25);
  expect(JSON.parse(await once()).id).not.toBe(JSON.parse(first).id);
});

test("a request that is repeated with its key after its endpoint was deleted creates another", async () => {
  const once = () =>
    call("POST", `${app}/endpoint`, endpoint, { headers: { "idempotency-key": "deleted" } });
  const idOf = ({ text }: { text: string }): string => JSON.parse(text).id;
  const first = await once();
  expect((await call("DELETE", `${app}/endpoint/${idOf(first)}`)).status).toBe(204);
  const second = await once();
  expect(second.status).toBe(201);
  expect(idOf(second)).not.toBe(idOf(first));
  expect(await once()).toEqual(second);
});

test("an idempotency key of messages is the project's, of applications theirs, of endpoints their application's", async () => {
  const keyed = async (path: string, body: object) =>
    (await call("POST", path, body, { headers: { "idempotency-key": "scope" } })).status;
  const [first, second] = ["/app/scope-1", "/app/scope-2"];
  expect(await keyed("/app", { name: "One", uid: "scope-1" })).toBe(201);
  expect(await keyed("/app", { name: "Two", uid: "scope-2" })).toBe(409);
  await call("POST", "/app", { name: "Two", uid: "scope-2" });
  expect(await keyed(`${first}/endpoint`, endpoint)).toBe(201);
  expect(await keyed(`${first}/endpoint`, { ...endpoint, uid: "other" })).toBe(409);
  expect(await keyed(`${second}/endpoint`, { ...endpoint, uid: "other" })).toBe(201);
  expect(await keyed(`${first}/msg`, message)).toBe(202);
  expect(await keyed(`${first}/msg`, message)).toBe(202);
  expect(await keyed(`${second}/msg`, message)).toBe(409);
});
