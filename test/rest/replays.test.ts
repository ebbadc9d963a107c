import { afterAll, beforeAll, expect, test } from "vitest";
import { deliveries, emitMany, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { begin } from "../fixtures/replays.ts";
import { answer, rest, told } from "../fixtures/rest.ts";

let hub: TestHub;
beforeAll(async () => {
  // Without a worker a replay stays as it was begun.
  hub = await testHub({ roles: { api: true, worker: false } });
});
afterAll(() => hub[Symbol.asyncDispose]());

test("a replay is begun, read and cancelled, as in GraphQL", async () => {
  const { id: hookId } = await register(hub, { url: "http://127.0.0.1:9/", types: ["a"] });
  await emitMany(hub, [{ type: "a" }, { type: "a" }]);
  await hub.db
    .sql`select signalbox.end_deliveries(project_id, array_agg(id), 'CANCELLED', clock_timestamp())
    from signalbox.queue group by project_id`;
  const since = "2026-01-01T00:00:00Z";
  const replays = (body: object) => rest(hub, "POST", "/v1/replays", { body });
  expect(await answer(replays({ hookId, since, status: ["CANCELLED"], dryRun: true }))).toEqual({
    ...{ matched: 2, replay: null },
  });
  expect(await answer(replays({ since, types: ["b"] }))).toMatchObject({
    ...{ matched: 0, replay: { status: "DONE" } },
  });
  const [one] = (await deliveries(hub, { hookId })).map(({ id }) => id);
  expect(await answer(replays({ deliveryIds: [one] }))).toMatchObject({
    ...{ matched: 1, replay: { status: "RUNNING" } },
  });
  expect(await told(replays({ hookId }))).toBe("422 INVALID since");
  expect(await told(replays({ deliveryIds: ["x"] }))).toBe("404 NOT_FOUND deliveryIds.0");
  expect(await told(replays({ since, status: ["LOST"] }))).toBe("422 INVALID status.0");
  const begun = await begin(hub, { hookId });
  const path = `/v1/replays/${begun.id}`;
  const read = await answer<object>(rest(hub, "GET", path));
  expect(read).toEqual({
    ...{ id: begun.id, status: "RUNNING", matched: 2, created: 0 },
    ...{ createdAt: expect.any(String), finishedAt: null },
  });
  const { key: viewer } = await keyOf(hub, "VIEWER");
  expect((await rest(hub, "POST", `${path}/cancel`, { key: viewer })).status).toBe(403);
  expect(await answer<object>(rest(hub, "POST", `${path}/cancel`))).toEqual({
    ...read,
    ...{ status: "CANCELLED", finishedAt: expect.any(String) },
  });
  expect(await told(rest(hub, "POST", `${path}/cancel`))).toBe("409 NOT_ALLOWED_NOW id");
  for (const id of ["x", hookId]) {
    expect(await told(rest(hub, "GET", `/v1/replays/${id}`))).toBe("404 NOT_FOUND id");
    expect(await told(rest(hub, "POST", `/v1/replays/${id}/cancel`))).toBe("404 NOT_FOUND id");
  }
});
