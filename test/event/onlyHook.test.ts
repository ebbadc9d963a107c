import { afterAll, beforeAll, expect, test } from "vitest";
import { createEmitter } from "../../src/domain/emit/emitter.ts";
import { createProjectConfigs } from "../../src/domain/project/projectConfig.ts";
import { registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { testPrograms } from "../fixtures/programs.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub({ roles: { api: true, worker: false } });
});
afterAll(() => hub[Symbol.asyncDispose]());

const soon = { timeout: 60_000 };

const addHook = (name: string, types: string[]) =>
  registerHook(hub, { name, types, url: "http://127.0.0.1:9/", retries: 0 });

/** Emits an event for a hook alone, due in an hour. */
async function emitLater(onlyHookId: string): Promise<string> {
  const { sql } = hub.db;
  const [project] = await sql<{ id: string }[]>`select id from signalbox.projects`;
  const nothing = () => {};
  const emitter = createEmitter(sql, createProjectConfigs(sql), testPrograms(sql), {
    ...{ deliversHere: false, checkTarget: async (url: string) => url },
    ...{ onAccepted: nothing, onLate: nothing, onWaiting: nothing, onOverload: nothing },
  });
  const inputs = [{ type: "example", delay: 3_600 }];
  const call = { projectId: project?.id ?? "", origin: "API" as const, inputs, onlyHookId };
  const [emitted] = await emitter.emit(call);
  expect(emitted?.event).toMatchObject({ status: "SCHEDULED", onlyHookId });
  return emitted?.event.id ?? "";
}

test("a scheduled event for one hook alone goes to it, and to no other that takes its type, after a restart too", async () => {
  const only = await addHook("only", ["other"]);
  await addHook("takes it", ["example"]);
  const gone = await addHook("gone", ["other"]);
  const [id, toGone] = [await emitLater(only), await emitLater(gone)];
  await hub.run(`mutation { deleteHook(id: "${gone}") { userErrors { code } } }`);
  await hub.db.sql`update signalbox.events set due_at = now() where due_at is not null`;
  await using _worker = await testHub({ ...hub.settings, roles: { api: false, worker: true } });
  const stateOf = (id: string) => hub.db.sql`
    select e.status, e.error, array(select d.hook_id from signalbox.deliveries d where d.event_id = e.id) as hooks
    from signalbox.events e where e.id = ${id}`;
  await expect.poll(() => stateOf(id), soon).toMatchObject([{ status: "FAILED", hooks: [only] }]);
  await expect
    .poll(() => stateOf(toGone), soon)
    .toMatchObject([{ status: "FAILED", error: `no hook ${gone}`, hooks: [] }]);
});
