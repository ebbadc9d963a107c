import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import type { Pool } from "../../src/db/connection/client.ts";
import { recoverClaims } from "../../src/db/delivery/reclaim.ts";
import { claimLimits } from "../../src/domain/delivery/claimLimits.ts";
import { createSecretBox } from "../../src/domain/project/secretBox.ts";
import { createStepTemplates } from "../../src/domain/workflow/stepTemplates.ts";
import { createRunAdvancer, type RunAdvancer } from "../../src/domain/workflowRun/workflowRun.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { newId } from "../../src/util/ids.ts";
import { removeExpired } from "../../src/worker/job/retention.ts";
import { claimOf } from "../fixtures/claims.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { hubProcess, installation } from "../fixtures/process.ts";
import { receiver } from "../fixtures/receiver.ts";
import {
  ended,
  install,
  onlyRun,
  registerType,
  released,
  runEvent,
  runOf,
} from "../fixtures/workflows.ts";

const { quarantineAfter } = claimLimits;
const soon = { timeout: 60_000 };

const SET_UP = `mutation ($steps: [WorkflowStepInput!]!) {
  registerEventType(input: { name: "a" }) { userErrors { message } }
  createWorkflow(input: { name: "w", eventType: "a", steps: $steps }) { workflow { id } }
}`;
const RELEASE = `mutation ($id: ID!) {
  releaseWorkflow(id: $id) { userErrors { message } }
  installWorkflow(workflowId: $id, userId: "u") { userErrors { message } }
}`;
const RUN = `mutation { runEvent(input: { event: "a", userId: "u", data: {} }) { event { id } } }`;
const EVENTS = `{ events(first: 6) { nodes { status runs(first: 1) { nodes {
  status steps { status delivery { id attempts { outcome } } } } } } } }`;
type Events = {
  events: {
    nodes: {
      status: string;
      runs: {
        nodes: {
          status: string;
          steps: { status: string; delivery: { id: string; attempts: { outcome: string }[] } }[];
        }[];
      };
    }[];
  };
};

test("runs whose worker is killed between and within steps are brought to their end by another, no step skipped or done anew", async () => {
  await using target = await receiver();
  await using database = await freshDatabase();
  const site = installation({ DATABASE_URL: database.url });
  await using doomed = await hubProcess(site);
  await using other = await hubProcess(site, { SIGNALBOX_ROLES: "api" });
  const steps = [1, 2, 3].map((n) => ({
    id: `s${n}`,
    url: `${target.url}/${n}`,
    timeoutMs: 30_000,
  }));
  const { createWorkflow } = await other.run<{ createWorkflow: { workflow: { id: string } } }>(
    SET_UP,
    { steps },
  );
  await other.run(RELEASE, createWorkflow.workflow);
  // The second step of every run is in flight, or about to be, when the worker dies.
  target.answer = (request, response) => {
    if (request.path === "/1") response.end();
  };
  for (let count = 0; count < 6; count++) await other.run(RUN);
  await expect
    .poll(() => target.requests.filter(({ path }) => path === "/2").length, soon)
    .toBeGreaterThan(2);
  await using _heir = await hubProcess(site, { SIGNALBOX_ROLES: "worker" });
  target.answer = (_request, response) => response.end();
  doomed.kill("SIGKILL");
  await doomed.exited;
  const events = async () => (await other.run<Events>(EVENTS)).events.nodes;
  const states = async () =>
    (await events()).map(({ status, runs }) => `${status} ${runs.nodes[0]?.status}`);
  await expect.poll(states, soon).toEqual(Array(6).fill("PROCESSED SUCCEEDED"));
  for (const { runs } of await events()) {
    const steps = runs.nodes[0]?.steps ?? [];
    expect(steps.map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]);
    for (const { delivery } of steps) {
      const sent = target.requests.filter(({ headers }) => headers["webhook-id"] === delivery.id);
      // Sent once for each attempt, and again only where an attempt was lost with its process.
      const lost = delivery.attempts.filter(({ outcome }) => outcome === "UNKNOWN").length;
      expect(sent.length).toBeLessThanOrEqual(1 + lost);
      expect(delivery.attempts.filter(({ outcome }) => outcome === "SUCCESS")).toHaveLength(1);
    }
  }
  expect(target.requests.filter(({ path }) => path === "/3")).toHaveLength(6);
});

async function openRun(hub: TestHub, url: string, steps = 1) {
  await registerType(hub, "a");
  const workflowId = await released(hub, {
    steps: Array.from({ length: steps }, (_, n) => ({ id: `s${n}`, url })),
  });
  await install(hub, workflowId);
}

function advancer(sql: Pool, key: Buffer): RunAdvancer {
  const sandbox = createSandbox();
  onTestFinished(() => sandbox[Symbol.dispose]());
  const box = createSecretBox([{ id: "test", key }]);
  return createRunAdvancer({ sql, box, templates: createStepTemplates(sandbox) });
}

test("a run whose job was lost is found by what its tables say", async () => {
  await using target = await receiver();
  await using api = await testHub({ roles: { api: true, worker: false } });
  await openRun(api, target.url, 2);
  const { runs } = await runEvent(api, { waitMs: 0 });
  const { sql } = api.db;
  await sql`select graphile_worker.complete_jobs(array(select id from graphile_worker._private_jobs))`;
  await using _worker = await testHub({ ...api.settings, roles: { api: false, worker: true } });
  expect((await ended(api, runs[0]?.id ?? "")).status).toBe("SUCCEEDED");
  expect(target.requests).toHaveLength(2);
});

test("moving a run on many times at once moves it on once", async () => {
  await using target = await receiver();
  const key = randomBytes(32);
  await using api = await testHub({
    roles: { api: true, worker: false },
    secretKeys: [{ id: "test", key }],
  });
  await openRun(api, target.url);
  const { runs } = await runEvent(api, { waitMs: 0 });
  const { sql } = api.db;
  const [project] = await sql<{ id: string }[]>`select id from signalbox.projects`;
  const advance = advancer(sql, key);
  const moves = await Promise.all(
    Array.from({ length: 8 }, () => advance(project?.id ?? "", [runs[0]?.id ?? ""])),
  );
  expect(moves.flatMap(({ failed }) => failed)).toEqual([]);
  expect(moves.flatMap(({ queues }) => queues)).toHaveLength(1);
  const deliveries = await sql`select status from signalbox.deliveries`;
  expect([...deliveries]).toEqual([{ status: "PENDING" }]);
});

test("a run that cannot be moved on does not keep the others of its job waiting", async () => {
  const key = randomBytes(32);
  await using api = await testHub({
    roles: { api: true, worker: false },
    secretKeys: [{ id: "test", key }],
  });
  await openRun(api, "http://127.0.0.1:9");
  const { sql } = api.db;
  const { runs } = await runEvent(api, { waitMs: 0 });
  const [project] = await sql<{ id: string }[]>`select id from signalbox.projects`;
  const [installed] = await sql<{ workflowId: string }[]>`
    select workflow_id as "workflowId" from signalbox.installations`;
  await install(api, installed?.workflowId ?? "", {}, "damaged");
  const { runs: others } = await runEvent(api, { userId: "damaged", waitMs: 0 });
  await sql`update signalbox.installations set variables = 'v1.x' where user_id = 'damaged'`;
  const advance = advancer(sql, key);
  const ids = [others[0]?.id ?? "", runs[0]?.id ?? ""];
  const { queues, failed } = await advance(project?.id ?? "", ids);
  expect([queues.length, failed.length]).toEqual([1, 1]);
  expect(await Promise.all(ids.map(async (id) => (await runOf(api, id)).status))).toEqual([
    "QUEUED",
    "RUNNING",
  ]);
});

test("a step that took its process down three times fails its run", async () => {
  const key = randomBytes(32);
  await using api = await testHub({
    roles: { api: true, worker: false },
    secretKeys: [{ id: "test", key }],
  });
  await openRun(api, "http://127.0.0.1:9");
  const { event, runs } = await runEvent(api, { waitMs: 0 });
  const { sql } = api.db;
  const [project] = await sql<{ id: string }[]>`select id from signalbox.projects`;
  const [projectId, runId] = [project?.id ?? "", runs[0]?.id ?? ""];
  const advance = advancer(sql, key);
  const [queue] = (await advance(projectId, [runId])).queues;
  if (!queue) throw new Error("nothing to send");
  for (let death = 1; death <= 3; death++) {
    await sql`update signalbox.queue set due_at = now()`;
    const worker = newId();
    const { claims } = await claimOf(sql, worker, queue, 1, { isSuspect: death === 3 });
    expect(claims).toHaveLength(1);
    expect(await recoverClaims(sql, { deadWorkers: [worker], quarantineAfter })).toBe(1);
    expect(await advance(projectId, [runId])).toEqual({ queues: [], failed: [] });
  }
  const run = await runOf(api, runId);
  expect(run).toMatchObject({
    status: "FAILED",
    error: "step 's0': unknown: the process that made this attempt died",
    steps: [{ status: "FAILED", delivery: { status: "QUARANTINED" } }],
  });
  const states = await sql`select status from signalbox.events where id = ${event?.id ?? ""}`;
  expect([...states]).toEqual([{ status: "FAILED" }]);
});

test("retention takes runs and their steps along with their event", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await openRun(hub, target.url);
  const old = await onlyRun(hub);
  const kept = await onlyRun(hub);
  const { sql } = hub.db;
  const past = "00000000-0000-7000-8000-000000000001";
  await sql`update signalbox.events set id = ${past}, received_at = now() - interval '31 days' where id = ${old.event.id}`;
  for (const table of ["ended_deliveries", "workflow_runs"])
    await sql`update signalbox.${sql(table)} set event_id = ${past} where event_id = ${old.event.id}`;
  await removeExpired(hub.db, 30);
  const left = await sql`
    select (select json_agg(id) from signalbox.events) as events, (select json_agg(id) from signalbox.workflow_runs) as runs,
      (select json_agg(run_id) from signalbox.step_runs) as steps, (select json_agg(run_id) from signalbox.deliveries) as deliveries`;
  expect([...left]).toEqual([
    { events: [kept.event.id], runs: [kept.id], steps: [kept.id], deliveries: [kept.id] },
  ]);
});
