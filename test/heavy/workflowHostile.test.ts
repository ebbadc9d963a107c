import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { createProject } from "../../src/domain/project/project.ts";
import { createSecretBox } from "../../src/domain/project/secretBox.ts";
import { createStepTemplates } from "../../src/domain/workflow/stepTemplates.ts";
import { createRunAdvancer } from "../../src/domain/workflowRun/workflowRun.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { accepted, type Runs, type UserError } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import {
  install,
  onlyRun,
  registerType,
  released,
  runEvent,
  runOf,
  tryCreate,
} from "../fixtures/workflows.ts";

const soon = { timeout: 60_000 };
const step = (body: unknown) => ({ id: "s", url: "http://127.0.0.1:9/", body, retries: 0 });

/** liquidjs looks at its limits between nodes alone: this is one. */
const where = '{{ data.few | where_exp: "x", "data.many contains -1" | size }}';
const data = {
  few: Array.from({ length: 500 }, (_, index) => index),
  many: Array.from({ length: 40_000 }, (_, index) => index),
};
const times = (count: number, inner: string) => `{% for i in (1..${count}) %}${inner}{% endfor %}`;
const loops = times(9_000, times(9_000, times(9_000, "x")));
/** Steps that take several times the limit to compile: how fast a machine is does not matter. */
const endless = Array.from({ length: 5 }, (_, n) => ({
  ...step("{{data}}".repeat(8_190)),
  id: `s${n}`,
}));
const bombs = {
  range: times(1_000_000_000, "x"),
  append: `{% assign a = "x" %}${times(60, "{% assign a = a | append: a %}")}{{ a }}`,
  capture: `{% capture a %}x{% endcapture %}${times(60, "{% capture a %}{{ a }}{{ a }}{% endcapture %}")}{{ a }}`,
  concat: `{% assign a = data.many %}${times(60, "{% assign a = a | concat: a %}")}{{ a | size }}`,
  sort: "{{ data.many | sort | uniq | map: 'x' | size }}".repeat(100),
  width: "{{ 'now' | date: '%1000000000d' }}",
};

/** Another project of the hub. */
async function neighbour(hub: TestHub): Promise<Runs> {
  const { key } = await createProject(hub.db.sql, "Neighbour");
  return { run: (query, variables) => hub.run(query, variables, key) };
}

async function workflow(hub: Runs, steps: object[], variables: object = {}): Promise<string> {
  await registerType(hub, "a");
  const id = await released(hub, { steps });
  await install(hub, id, variables);
  return id;
}

type Preview = {
  steps: { id: string; body: string | null; error: string | null }[] | null;
  userErrors: UserError[];
};
async function preview(hub: Runs, steps: object[], given: unknown = data): Promise<Preview> {
  const answer = await hub.run<{ previewWorkflow: Preview }>(
    `query ($input: PreviewWorkflowInput!) { previewWorkflow(input: $input) {
      steps { id body error } userErrors { code message path } } }`,
    { input: { eventType: "a", steps, data: given } },
  );
  return answer.previewWorkflow;
}

/** Asks the neighbour's questions until the work is done; gives back how many were answered. */
async function answeredDuring(other: Runs, work: Promise<unknown>): Promise<number> {
  let isOver = false;
  void work.finally(() => {
    isOver = true;
  });
  let answered = 0;
  for (; !isOver; answered++) await other.run("{ hub { version } }");
  return answered;
}

test("a template that takes too long to compile is refused where it is saved or tried, and nobody else waits", async () => {
  await using hub = await testHub();
  const other = await neighbour(hub);
  const refused = [
    {
      code: "TEMPLATE_INVALID",
      path: ["steps"],
      message: "the templates took longer than 1000 ms of processor time to compile",
    },
  ];
  const saving = tryCreate(hub, { steps: endless });
  expect(await answeredDuring(other, saving)).toBeGreaterThan(20);
  expect((await saving).userErrors).toEqual(refused);
  expect((await preview(hub, endless)).userErrors).toEqual(refused);
});

test("a preview tells which limit its templates met, and of 20 in one request most wait for another time", async () => {
  await using hub = await testHub();
  const previewed = await preview(
    hub,
    Object.values(bombs).map((body, n) => ({ ...step(body), id: `s${n}` })),
  );
  for (const { error } of previewed.steps ?? []) expect(error).toMatch(/limit exceeded/);
  const long = await preview(hub, [step(where), { ...step(loops), id: "t" }]);
  expect(long.steps?.map(({ error }) => error)).toEqual(
    Array(2).fill("the templates took longer than 1000 ms of processor time"),
  );
  const tooMuch = await preview(hub, [step("{{ data }}")], "x".repeat(262_144));
  expect(tooMuch.userErrors).toMatchObject([{ code: "INVALID", path: ["data"] }]);
  const field = `previewWorkflow(input: $input) { steps { error } }`;
  const fields = Array.from({ length: 20 }, (_, n) => `p${n}: ${field}`).join(" ");
  const other = await neighbour(hub);
  const asking = hub.send<Record<string, unknown>>(
    `query ($input: PreviewWorkflowInput!) { ${fields} }`,
    { input: { eventType: "a", steps: [step(where)], data } },
  );
  expect(await answeredDuring(other, asking)).toBeGreaterThan(20);
  expect((await asking).errors?.map(({ extensions }) => extensions.code)).toContain(
    "TOO_MANY_REQUESTS",
  );
});

test("runs whose templates take too long end FAILED with the limit's name, and the runs of others are not held up", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  const other = await neighbour(hub);
  await workflow(hub, [step(where)]);
  await workflow(other, [{ id: "s", url: target.url, body: "{{ data.n }}" }]);
  const ids = await Promise.all(
    Array.from({ length: 4 }, async (_, n) => {
      const given = { type: "a", userId: "user123", data, ...(n === 0 && { delay: 0.1 }) };
      return (await accepted<{ id: string }>(hub, given)).id;
    }),
  );
  for (let n = 0; n < 2; n++)
    expect(await onlyRun(other, { data: { n } })).toMatchObject({ status: "SUCCEEDED" });
  const runs = async () => {
    const rows = await hub.db.sql<{ status: string; error: string | null }[]>`
      select r.status, r.error from signalbox.workflow_runs r where r.event_id = any(${ids})`;
    return [...rows];
  };
  expect((await runs()).filter(({ status }) => status === "QUEUED").length).toBeGreaterThan(0);
  await expect.poll(runs, soon).toEqual(
    ids.map(() => ({
      status: "FAILED",
      error: "step 's': the templates took longer than 1000 ms of processor time",
    })),
  );
});

test("a run that the hub fails to move on five times ends FAILED, whichever process tries", async () => {
  const key = randomBytes(32);
  await using api = await testHub({
    roles: { api: true, worker: false },
    secretKeys: [{ id: "test", key }],
  });
  await workflow(api, [step("{{ user.x }}")], { x: 1 });
  const { event, runs } = await runEvent(api, { waitMs: 0 });
  const { sql } = api.db;
  await sql`update signalbox.installations set variables = 'v1.x'`;
  const [project] = await sql<{ id: string }[]>`select id from signalbox.projects`;
  const sandbox = createSandbox();
  onTestFinished(() => sandbox[Symbol.dispose]());
  const advance = () =>
    createRunAdvancer({
      ...{ sql, box: createSecretBox([{ id: "test", key }]) },
      templates: createStepTemplates(sandbox),
    })(project?.id ?? "", [runs[0]?.id ?? ""]);
  for (let tries = 1; tries <= 5; tries++) {
    expect((await runOf(api, runs[0]?.id ?? "")).status).toBe("QUEUED");
    expect(await advance()).toMatchObject({ queues: [], failed: [{ runId: runs[0]?.id }] });
  }
  expect(await runOf(api, runs[0]?.id ?? "")).toMatchObject({
    status: "FAILED",
    error: expect.stringContaining("an internal error, 5 times"),
    steps: [{ status: "FAILED", delivery: null }],
  });
  const states = await sql`select status from signalbox.events where id = ${event?.id ?? ""}`;
  expect([...states]).toEqual([{ status: "FAILED" }]);
  expect(await advance()).toEqual({ queues: [], failed: [] });
});
