import { afterAll, beforeAll, expect, test } from "vitest";
import { openSession } from "../../src/db/connection/client.ts";
import { type DoorCall, doorCall } from "../fixtures/doorCall.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
let call: DoorCall;
beforeAll(async () => {
  hub = await testHub();
  call = doorCall(hub);
});
afterAll(() => hub[Symbol.asyncDispose]());

/** Sends requests that all have read what there is before the first of them writes. */
async function atOnce(requests: (readonly [method: string, path: string, body: object])[]) {
  const session = openSession(hub.db.url);
  await session`begin`;
  await session`select from signalbox.projects for update`;
  await session`select from signalbox.hooks for update`;
  const answers = requests.map((request) => call(...request));
  await expect
    .poll(async () => {
      const [row] = await hub.db.sql<
        { n: number }[]
      >`select count(*)::int as n from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      return row?.n;
    })
    .toBe(requests.length);
  await session`commit`;
  await session.end();
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(new Set(statuses.map((status) => Math.floor(status / 100)))).toEqual(new Set([2]));
}

test("of changes of an event type at once, at both doors, each is kept", async () => {
  await call("POST", "/v1/event-types", { name: "busy", description: "Old", example: 1 });
  await atOnce([
    ["PATCH", "/v1/event-types/busy", { example: { n: 2 } }],
    ["PATCH", "/v1/event-types/busy", { resourceType: "order" }],
    ["PATCH", "/api/v1/event-type/busy", { description: "New" }],
  ]);
  const { body } = await call("GET", "/v1/event-types/busy");
  expect(body).toMatchObject({ description: "New", example: { n: 2 }, resourceType: "order" });
});

test("of event types created at once under one name by Svix's door, there is one", async () => {
  const create = (description: string) =>
    call("POST", "/api/v1/event-type", { name: "once", description });
  const statuses = (await Promise.all(["a", "b", "c", "d"].map(create))).map((one) => one.status);
  expect(statuses.sort()).toEqual([201, 409, 409, 409]);
});

test("of changes of an endpoint's headers at once, each is kept", async () => {
  await call("POST", "/api/v1/app", { name: "App", uid: "app" });
  await call("POST", "/api/v1/app/app/endpoint", {
    ...{ url: "http://127.0.0.1:9/", uid: "ep" },
    headers: { "X-Old": "1", "X-Gone": "1" },
  });
  const path = "/api/v1/app/app/endpoint/ep/headers";
  await atOnce([
    ["PATCH", path, { headers: { "X-One": "1" } }],
    ["PATCH", path, { headers: { "x-gone": null } }],
    ["PATCH", path, { headers: { "x-old": "2" } }],
  ]);
  const { body } = await call("GET", path);
  expect(body.headers).toEqual({ "X-One": "1", "x-old": "2" });
});
