import { expect, onTestFinished, test } from "vitest";
import { openSession } from "../../src/db/connection/client.ts";
import { dispatchEvents } from "../../src/domain/event/dispatch.ts";
import type { FollowUp } from "../../src/domain/event/followUp.ts";
import { createProjectConfigs } from "../../src/domain/project/projectConfig.ts";
import { verify } from "../../src/verify/run.ts";
import type { UserError } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { manyHooks } from "../fixtures/manyHooks.ts";
import { testPrograms } from "../fixtures/programs.ts";
import { setSystemEvents } from "../fixtures/systemEvents.ts";

/** Written in three pieces. */
const HOOKS = 600;

async function hubWithoutWorker(): Promise<TestHub> {
  const hub = await testHub({ roles: { api: true, worker: false } });
  onTestFinished(() => hub[Symbol.asyncDispose]());
  return hub;
}

/** Dispatches everything that is staged; `before` is called ahead of each piece with its number, from 1. */
async function dispatch({ db: { sql } }: TestHub, before = async (_piece: number) => {}) {
  const staged = await sql<{ projectId: string; id: string }[]>`
    select project_id as "projectId", id from signalbox.events where status = 'STAGED'`;
  const followUps: FollowUp[] = [];
  let piece = 0;
  await dispatchEvents(
    {
      sql,
      configs: createProjectConfigs(sql),
      programs: testPrograms(sql),
      patience: { until: new AbortController().signal },
      reserve: async () => void (await before(++piece)),
      onNext: (next) => followUps.push(next),
    },
    { projectId: staged[0]?.projectId ?? "", eventIds: staged.map(({ id }) => id) },
  );
  return followUps;
}

async function emitWide(hub: TestHub): Promise<string> {
  const { emitEvent } = await hub.run<{ emitEvent: { event: { id: string; status: string } } }>(
    'mutation { emitEvent(input: { type: "wide" }) { event { id status } } }',
  );
  expect(emitEvent.event.status).toBe("STAGED");
  return emitEvent.event.id;
}

async function stateOf({ db: { sql } }: TestHub, id: string) {
  const [row] = await sql<{ status: string; deliveries: number }[]>`
    select status, (select count(*)::int from signalbox.deliveries where event_id = e.id) as deliveries
    from signalbox.events e where id = ${id}`;
  return row;
}

test("an event whose row another process locks between two pieces gets the deliveries of all of them", async () => {
  const hub = await hubWithoutWorker();
  await manyHooks(hub, HOOKS, () => ["wide"]);
  const id = await emitWide(hub);
  const other = openSession(hub.settings.databaseUrl ?? "");
  onTestFinished(() => other.end());
  await dispatch(hub, async (piece) => {
    if (piece === 2)
      await other.unsafe(`begin; select from signalbox.events where id = '${id}' for update`);
    if (piece === 3) await other`rollback`;
  });
  await other`rollback`;
  expect(await stateOf(hub, id)).toEqual({ status: "STAGED", deliveries: 250 });
  await dispatch(hub);
  expect(await stateOf(hub, id)).toEqual({ status: "DISPATCHED", deliveries: HOOKS });
});

test("an event that has a part of its deliveries is neither cancelled nor a difference", async () => {
  const hub = await hubWithoutWorker();
  await manyHooks(hub, HOOKS, () => ["wide"]);
  const id = await emitWide(hub);
  await dispatch(hub, async (piece) => {
    if (piece === 1) return;
    expect(await stateOf(hub, id)).toMatchObject({ status: "STAGED" });
    const { cancelEvent } = await hub.run<{ cancelEvent: { userErrors: UserError[] } }>(
      "mutation ($id: ID!) { cancelEvent(id: $id) { userErrors { code message path } } }",
      { id },
    );
    expect(cancelEvent.userErrors).toMatchObject([{ code: "NOT_ALLOWED_NOW", path: ["id"] }]);
    const { differences } = await verify(hub.db.sql, { projectId: null, since: null, until: null });
    expect(differences).toEqual([]);
  });
  expect(await stateOf(hub, id)).toEqual({ status: "DISPATCHED", deliveries: HOOKS });
});

test("a system event for more hooks than are matched in place is passed on to be dispatched", async () => {
  const hub = await hubWithoutWorker();
  await setSystemEvents(hub, true);
  await manyHooks(hub, 120, () => ["resthook_called"]);
  await hub.db.sql`select signalbox.emit('by sql')`;
  const followUps = await dispatch(hub);
  const [{ id } = { id: "" }] = await hub.db.sql<{ id: string }[]>`
    select id from signalbox.events where type = 'resthook_called' and status = 'STAGED'`;
  expect(followUps.flatMap(({ staged }) => staged)).toEqual([id]);
});
