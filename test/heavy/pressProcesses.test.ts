import { expect, test } from "vitest";
import { claimPress, finishPress, recoverPresses } from "../../src/db/action/pressClaims.ts";
import { pressLimits } from "../../src/domain/action/pressLimits.ts";
import { newId } from "../../src/util/ids.ts";
import { actionOf, button, press } from "../fixtures/actions.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { hubProcess, installation } from "../fixtures/process.ts";
import { receiver } from "../fixtures/receiver.ts";

const soon = { timeout: 60_000 };
const none = { api: true, worker: false };

/** A press that no process sends: its claim is the test's to make. */
async function waitingPress(hub: TestHub) {
  const { id } = await button(hub, "http://127.0.0.1:9");
  const { press: accepted } = await press(hub, id, { waitMs: 0 });
  const [row] = await hub.db.sql<{ projectId: string }[]>`
    select project_id as "projectId" from signalbox.presses where id = ${accepted?.id ?? ""}`;
  if (!accepted || !row) throw new Error("nothing was pressed");
  return { actionId: id, projectId: row.projectId, pressId: accepted.id };
}

test("S0.14: two processes that press one action at once make one call", async () => {
  await using target = await receiver();
  await using one = await testHub();
  await using other = await testHub(one.settings);
  for (let round = 0; round < 5; round++) {
    const { id } = await button(one, `${target.url}/${round}`);
    const answers = await Promise.all(
      [one, other, one, other].map((hub) => press(hub, id, { waitMs: 5_000 })),
    );
    const codes = answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
    expect(answers.filter((answer) => answer.press?.status === "SUCCEEDED")).toHaveLength(1);
    expect(codes.filter((code) => /^ACTION_(BUSY|COMPLETE)$/.test(code))).toHaveLength(3);
    expect(target.requests.filter(({ path }) => path === `/${round}`)).toHaveLength(1);
  }
});

test("an action is pressed in one process and sent by another, and who pressed waits for the answer", async () => {
  await using target = await receiver();
  await using api = await testHub({ roles: none });
  await using _worker = await testHub({ ...api.settings, roles: { api: false, worker: true } });
  const { id } = await button(api, target.url);
  const { press: ended, action } = await press(api, id);
  expect([ended?.status, action?.status]).toEqual(["SUCCEEDED", "COMPLETE"]);
  expect(target.requests).toHaveLength(1);
});

test("what a killed process had in flight ends as UNKNOWN, and is never sent again by itself", async () => {
  await using target = await receiver(() => {});
  await using database = await freshDatabase();
  const site = installation({ DATABASE_URL: database.url });
  await using doomed = await hubProcess(site);
  await using api = await hubProcess(site, { SIGNALBOX_ROLES: "api" });
  const { id } = await button(api, target.url);
  const idempotencyKey = "the one click";
  const first = await press(doomed, id, { waitMs: 0, idempotencyKey });
  expect(first.press?.status).toBe("PENDING");
  await expect.poll(() => target.requests.length, soon).toBe(1);
  target.answer = (_request, response) => response.end();
  doomed.kill("SIGKILL");
  await doomed.exited;
  await using _heir = await hubProcess(site, { SIGNALBOX_ROLES: "worker" });
  await expect.poll(async () => (await actionOf(api, id)).status, soon).toBe("PENDING");
  const { lastError, presses } = await actionOf(api, id);
  expect(lastError).toMatch(/^outcome unknown/);
  expect(presses.nodes).toMatchObject([
    { status: "UNKNOWN", error: lastError, attempt: { number: 1, outcome: "UNKNOWN" } },
  ]);
  // The same click again is that press, after the restart, too; only another press is another call.
  expect((await press(api, id, { idempotencyKey })).press).toMatchObject({
    id: first.press?.id,
    status: "UNKNOWN",
  });
  expect(target.requests).toHaveLength(1);
  expect((await press(api, id)).press?.status).toBe("SUCCEEDED");
  expect(target.requests).toHaveLength(2);
});

test("a process that is told to stop waits for the press it has in flight", async () => {
  let answer = () => {};
  await using target = await receiver((_request, response) => {
    answer = () => response.end();
  });
  await using database = await freshDatabase();
  const site = installation({ DATABASE_URL: database.url });
  await using stopping = await hubProcess(site);
  await using api = await hubProcess(site, { SIGNALBOX_ROLES: "api" });
  const { id } = await button(stopping, target.url);
  await press(stopping, id, { waitMs: 0 });
  await expect.poll(() => target.requests.length, soon).toBe(1);
  stopping.kill("SIGTERM");
  await expect
    .poll(
      () =>
        fetch(stopping.url).then(
          () => "up",
          () => "down",
        ),
      soon,
    )
    .toBe("down");
  answer();
  expect(await stopping.exited).toEqual({ code: 0, signal: null });
  const { status, presses } = await actionOf(api, id);
  expect([status, presses.nodes[0]?.status]).toEqual(["COMPLETE", "SUCCEEDED"]);
  expect(target.requests).toHaveLength(1);
});

test("what a target answered while the database was away is written when it is back", async () => {
  let answer = () => {};
  await using target = await receiver((_request, response) => {
    answer = () => response.writeHead(201).end();
  });
  await using hub = await testHub();
  const { id } = await button(hub, target.url);
  await press(hub, id, { waitMs: 0 });
  await expect.poll(() => target.requests.length, soon).toBe(1);
  await hub.db.sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`;
  answer();
  await expect.poll(() => actionOf(hub, id).then((a) => a.status, String), soon).toBe("COMPLETE");
  expect((await actionOf(hub, id)).presses.nodes).toMatchObject([
    { status: "SUCCEEDED", attempt: { statusCode: 201 } },
  ]);
  expect(target.requests).toHaveLength(1);
});

test("a press whose wake-up is lost is sent all the same", async () => {
  await using target = await receiver();
  await using hub = await testHub({ roles: none });
  const { id } = await button(hub, target.url);
  await press(hub, id, { waitMs: 0 });
  await hub.db.sql`delete from graphile_worker._private_jobs`;
  await using _worker = await testHub({ ...hub.settings, roles: { api: false, worker: true } });
  await expect.poll(async () => (await actionOf(hub, id)).status, soon).toBe("COMPLETE");
  expect(target.requests).toHaveLength(1);
});

test("one that no worker took within 60 s is not sent any more: nobody waits for it", async () => {
  await using target = await receiver();
  await using hub = await testHub({ roles: none });
  const { id } = await button(hub, target.url);
  await press(hub, id, { waitMs: 0 });
  await hub.db.sql`update signalbox.presses set pressed_at = pressed_at - interval '61 seconds'`;
  await using _worker = await testHub({ ...hub.settings, roles: { api: false, worker: true } });
  await expect.poll(async () => (await actionOf(hub, id)).status, soon).toBe("PENDING");
  const { lastError, presses } = await actionOf(hub, id);
  expect(lastError).toBe("not sent: no worker took it within 60 s");
  expect(presses.nodes).toMatchObject([{ status: "FAILED", attempt: null }]);
  expect(target.requests).toEqual([]);
});

test("a press is claimed once, and never again, however many ask", async () => {
  await using hub = await testHub({ roles: none });
  const { sql } = hub.db;
  const waiting = await waitingPress(hub);
  const claims = await Promise.all(
    [newId(), newId(), newId()].map((worker) => claimPress(sql, worker, waiting, pressLimits)),
  );
  expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  await sql`update signalbox.presses set lease_until = clock_timestamp()`;
  expect(await claimPress(sql, newId(), waiting, pressLimits)).toBeNull();
  expect(await recoverPresses(sql, { deadWorkers: [], leaseMs: pressLimits.leaseMs })).toBe(1);
  expect(await claimPress(sql, newId(), waiting, pressLimits)).toBeNull();
  expect(await recoverPresses(sql, { deadWorkers: [], leaseMs: pressLimits.leaseMs })).toBe(0);
});

test("a process that was taken for dead records its call, and changes nothing else", async () => {
  await using hub = await testHub({ roles: none });
  const { sql } = hub.db;
  const { actionId, projectId, pressId } = await waitingPress(hub);
  const worker = newId();
  const claim = await claimPress(sql, worker, { projectId, pressId }, pressLimits);
  expect(await recoverPresses(sql, { deadWorkers: [worker], leaseMs: pressLimits.leaseMs })).toBe(
    1,
  );
  const attempt = {
    number: 1,
    startedAt: new Date(),
    elapsedMs: 9,
    outcome: "SUCCESS" as const,
    statusCode: 200,
    error: null,
    remoteAddress: null,
    requestHeaders: {},
    responseHeaders: null,
    responseBody: null,
    responseTruncated: false,
  };
  const late = { projectId, pressId, token: claim?.token ?? "", attempt, error: null };
  expect(await finishPress(sql, { ...late, status: "SUCCEEDED" })).toBe(false);
  const { status, presses } = await actionOf(hub, actionId);
  expect(status).toBe("PENDING");
  expect(presses.nodes).toMatchObject([{ status: "UNKNOWN", attempt: { outcome: "SUCCESS" } }]);
});

test("a press whose secret cannot be opened is not sent, and not in doubt", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await hub.db
    .sql`update signalbox.projects set signing_secrets = '[{"sealed":"v1.x","expiresAt":null}]'`;
  const { id } = await button(hub, target.url);
  expect((await press(hub, id, { waitMs: 300 })).press?.status).toBe("PENDING");
  await hub.db.sql`update signalbox.presses set pressed_at = pressed_at - interval '61 seconds'`;
  await hub.db.sql`update signalbox.projects set signing_secrets = null`;
  await expect.poll(async () => (await actionOf(hub, id)).status, soon).toBe("PENDING");
  expect(target.requests).toEqual([]);
});
