import { expect, test } from "vitest";
import type { Sql } from "../../src/db/connection/client.ts";
import { deliveryTargets } from "../../src/db/delivery/target.ts";
import { decideOutcome } from "../../src/domain/delivery/delivery.ts";
import { finishDeliveries } from "../../src/domain/delivery/finish.ts";
import { dispatchEvents } from "../../src/domain/event/dispatch.ts";
import { createProjectConfigs } from "../../src/domain/project/projectConfig.ts";
import { newId } from "../../src/util/ids.ts";
import { claimOf } from "../fixtures/claims.ts";
import { accepted, registerHook } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import { testPrograms } from "../fixtures/programs.ts";
import { type Received, receiver } from "../fixtures/receiver.ts";
import { setSystemEvents, systemEventsOf } from "../fixtures/systemEvents.ts";

const soon = { timeout: 60_000 };
const typesIn = async (sql: Sql) =>
  (await sql<{ type: string }[]>`select type from signalbox.events order by id`).map(
    ({ type }) => type,
  );

test("system events about an event are written with its match, or neither is", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  await setSystemEvents(hub, true);
  const { sql } = hub.db;
  await sql`select signalbox.emit('by sql')`;
  const [event] = await sql<{ id: string; projectId: string }[]>`
    select id, project_id as "projectId" from signalbox.events`;
  await sql`alter table signalbox.events add constraint broken check (origin <> 'SYSTEM')`;
  const refused = hub.run('mutation { emitEvent(input: { type: "a" }) { isDuplicate } }');
  await expect(refused).rejects.toThrow();
  const dispatch = () =>
    dispatchEvents(
      {
        sql,
        configs: createProjectConfigs(sql),
        programs: testPrograms(sql),
        patience: { until: new AbortController().signal },
        onNext: () => {},
      },
      { projectId: event?.projectId ?? "", eventIds: [event?.id ?? ""] },
    );
  await expect(dispatch()).rejects.toThrow("broken");
  const [row] = await sql`select type, status from signalbox.events`;
  expect(row).toEqual({ type: "by sql", status: "STAGED" });
  expect(await sql`select from signalbox.changes where kind = 'EVENT'`).toHaveLength(0);
  await sql`alter table signalbox.events drop constraint broken`;
  await dispatch();
  await dispatch();
  expect(await typesIn(sql)).toEqual(["by sql", "resthook_called"]);
});

test("system events about an attempt are written with its record, once, or neither is", async () => {
  await using hub = await testHub({ roles: { api: true, worker: false } });
  await setSystemEvents(hub, true);
  const { sql } = hub.db;
  const url = "http://127.0.0.1:9/";
  await registerHook(hub, { url, types: ["a"], retries: 0 });
  await accepted(hub, { type: "a" });
  const [queue] = await sql<{ projectId: string; hookId: string }[]>`
    select project_id as "projectId", hook_id as "hookId" from signalbox.deliveries`;
  if (!queue) throw new Error("no delivery");
  const [claim] = (await claimOf(sql, newId(), queue, 1)).claims;
  const [target] = await deliveryTargets(sql, queue.projectId, [queue.hookId]);
  if (!claim || !target) throw new Error("nothing to claim");
  const result = {
    elapsedMs: 1,
    outcome: "CONNECTION_ERROR" as const,
    statusCode: null,
    error: "refused",
    remoteAddress: null,
    requestHeaders: {},
    responseHeaders: null,
    responseBody: null,
    responseTruncated: false,
  };
  const finished = decideOutcome(claim, target, { auditInfo: { url, body: "{}" } }, result, false);
  const configs = createProjectConfigs(sql);
  const programs = testPrograms(sql);
  const finish = () => finishDeliveries(sql, configs, programs, queue.projectId, [finished]);

  await sql`alter table signalbox.events add constraint broken check (type <> 'error')`;
  await expect(finish()).rejects.toThrow("broken");
  expect(await sql`select from signalbox.attempts`).toHaveLength(0);
  expect(await typesIn(sql)).toEqual(["a", "resthook_called"]);
  await sql`alter table signalbox.events drop constraint broken`;
  expect((await finish()).moved).toMatchObject([{ status: "FAILED" }]);
  // As after a commit whose answer was lost.
  expect((await finish()).moved).toEqual([]);
  expect(await typesIn(sql)).toEqual(["a", "resthook_called", "webhook_called", "error"]);
});

test("system events about an attempt are planned again when a hook for it is registered meanwhile", async () => {
  await using hub = await testHub();
  await setSystemEvents(hub, true);
  const { sql } = hub.db;
  const asked = Promise.withResolvers<Received>();
  const answer = Promise.withResolvers<void>();
  await using target = await receiver((request, response) => {
    if (request.path !== "/slow") return void response.end();
    asked.resolve(request);
    void answer.promise.then(() => response.end());
  });
  await registerHook(hub, { url: `${target.url}/slow`, types: ["a"] });
  const watching = await registerHook(hub, { url: `${target.url}/watching`, types: ["other"] });
  const { id } = await accepted(hub, { type: "a" });
  await asked.promise;
  await sql.begin(async (tx) => {
    // As updateHook does it, held open until the attempt waits for the project's head.
    await tx`update signalbox.heads set config_version = config_version + 1`;
    await tx`update signalbox.hooks set types = '{webhook_called}' where id = ${watching}`;
    const [holder] = await tx`select pg_backend_pid() as pid`;
    answer.resolve();
    const waiting = () =>
      sql`select from pg_stat_activity where ${holder?.pid} = any(pg_blocking_pids(pid))`;
    await expect.poll(async () => (await waiting()).length, soon).toBe(1);
  });
  await expect.poll(() => target.requests.map(({ path }) => path), soon).toContain("/watching");
  const caused = await systemEventsOf(hub, id, ["webhook_called"]);
  expect(caused).toHaveLength(1);
  const [sent] = target.requests.filter(({ path }) => path === "/watching");
  expect(JSON.parse(sent?.body ?? "")).toMatchObject({
    id: caused[0]?.id,
    data: { status: "success" },
  });
});
