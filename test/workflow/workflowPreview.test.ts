import { expect, test } from "vitest";
import { accepted, eventCount, type UserError } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import {
  changeWorkflow,
  install,
  onlyRun,
  registerType,
  slackStep,
  ticket,
  tryCreate,
} from "../fixtures/workflows.ts";

type StepPreview = {
  id: string;
  method: string | null;
  url: string | null;
  headers: object | null;
  body: string | null;
  error: string | null;
};
type Preview = {
  event: { id: string } | null;
  steps: StepPreview[] | null;
  userErrors: UserError[];
};

const preview = async (hub: TestHub, input: object, key?: string) =>
  (
    await hub.run<{ previewWorkflow: Preview }>(
      `query ($input: PreviewWorkflowInput!) { previewWorkflow(input: $input) {
        event { id } steps { id method url headers body error } userErrors { code message path }
      } }`,
      { input: { eventType: "a", ...input } },
      key,
    )
  ).previewWorkflow;

const { url: _, ...withoutUrl } = slackStep;

test("a preview is byte for byte what a run sends for the event and the user's variables", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await registerType(hub, "a");
  const steps = [
    {
      ...withoutUrl,
      url: "{{ user.slackUrl }}?of={{ event.userId }}{{ event.status }}{{ event.source }}",
      headers: { "x-name": "{{ data.ticketName }}" },
    },
  ];
  const variables = { slackUrl: `${target.url}/s` };
  const { workflow } = await tryCreate(hub, { steps });
  await changeWorkflow(hub, "releaseWorkflow", workflow?.id ?? "");
  await install(hub, workflow?.id ?? "", variables);
  const run = await onlyRun(hub, { data: ticket });
  const { event, steps: previewed, userErrors } = await preview(hub, { steps, variables });
  expect(userErrors).toEqual([]);
  expect(event).toEqual(run.event);
  const [sent] = target.requests;
  expect(previewed).toMatchObject([
    {
      ...{ id: "slack", method: "POST", url: target.url + sent?.path, error: null },
      ...{ headers: { "x-name": "String" }, body: sent?.body },
    },
  ]);
  expect(target.requests).toHaveLength(1);
});

test("a preview is tried on the event that is named, on other data, or on none where none has happened", async () => {
  await using hub = await testHub();
  const steps = [{ id: "s", url: "https://example.com/", body: "{{ data.n }} {{ event.type }}" }];
  const bodies = async (input: object) => {
    const { steps: previewed, event } = await preview(hub, { steps, ...input });
    return [event?.id ?? null, previewed?.[0]?.body ?? previewed?.[0]?.error];
  };
  expect(await bodies({})).toEqual([null, '" a"']);
  expect(await bodies({ data: { n: 9 } })).toEqual([null, '"9 a"']);
  const first = await accepted(hub, { type: "a", data: { n: 1 } });
  const second = await accepted(hub, { type: "a", data: { n: 2 } });
  expect(await bodies({})).toEqual([second.id, '"2 a"']);
  expect(await bodies({ eventId: first.id })).toEqual([first.id, '"1 a"']);
  expect(await bodies({ eventId: first.id, data: { n: 3 } })).toEqual([first.id, '"3 a"']);
  const { userErrors } = await preview(hub, { steps, eventId: crypto.randomUUID() });
  expect(userErrors).toMatchObject([{ code: "NOT_FOUND", path: ["eventId"] }]);
  expect(await eventCount(hub)).toBe(2);
});

test("a step that lacks a value fails alone, and what earlier steps would be answered stands as its name", async () => {
  await using hub = await testHub();
  const steps = [
    { id: "ticket", url: "https://example.com/", body: { to: "{{ user.missing }}" } },
    {
      ...{ id: "tell", method: "PUT" },
      url: "https://example.com/{{ steps.ticket.response.id }}",
      body: ["{{ steps.ticket.status }}", "{{ steps.ticket.response.owner.name | upcase }}"],
    },
    { id: "all", url: "https://example.com/", body: "{{ steps.tell }}" },
  ];
  const { steps: previewed } = await preview(hub, { steps });
  expect(previewed?.[0]).toEqual({
    ...{ id: "ticket", method: null, url: null, headers: null, body: null },
    error: "undefined variable: user.missing",
  });
  expect(previewed?.[1]).toMatchObject({
    ...{ method: "PUT", url: "https://example.com/steps.ticket.response.id", error: null },
    body: '[200,"STEPS.TICKET.RESPONSE.OWNER.NAME"]',
  });
  expect(previewed?.[2]).toMatchObject({ body: '"steps.tell"', error: null });
});

test("mistakes of a preview are those that making the workflow would meet, and nothing is stored", async () => {
  await using hub = await testHub({ allowTargets: [] });
  const step = { id: "s", url: "https://example.com/" };
  const wrong: object[] = [
    { steps: [] },
    { steps: Array(51).fill(step) },
    { steps: [{ ...step, url: "{{ x }}", body: { text: "Hi {{ data.name" } }] },
    { eventType: "", steps: [step, { ...step, retries: 21, headers: { host: "x" } }] },
  ];
  for (const input of wrong) {
    const { userErrors, steps } = await preview(hub, input);
    expect(steps).toBeNull();
    expect(userErrors.length).toBeGreaterThan(0);
    const made = await tryCreate(hub, { steps: [step], ...input });
    expect(userErrors).toEqual(made.userErrors);
  }
  const tooMany = await preview(hub, { steps: [step], variables: { a: "x".repeat(16_385) } });
  expect(tooMany.userErrors).toMatchObject([{ code: "INVALID", path: ["variables"] }]);
  const refused = await preview(hub, { steps: [{ ...step, url: "http://127.0.0.1/" }] });
  expect(refused.userErrors).toMatchObject([
    { code: "TARGET_REFUSED", path: ["steps", "0", "url"] },
  ]);
  expect(refused.steps).toHaveLength(1);
  const { workflows } = await hub.run<{ workflows: { nodes: object[] } }>(
    "{ workflows { nodes { id } } }",
  );
  expect(workflows.nodes).toEqual([]);
});

test("all templates of a preview share one second, so that nobody holds up the hub with it", async () => {
  await using hub = await testHub();
  const loops = Array.from({ length: 4 }, (_, level) => `{% for x${level} in (1..400) %}`);
  const body = `${loops.join("")}x${"{% endfor %}".repeat(loops.length)}`;
  const steps = Array.from({ length: 50 }, (_, index) => ({
    ...{ id: `s${index}`, url: "https://example.com/" },
    body,
  }));
  const startedAt = performance.now();
  const { steps: previewed } = await preview(hub, { steps });
  // Were it a second for each of them, it would take 50.
  expect(performance.now() - startedAt).toBeLessThan(40_000);
  expect(previewed?.map(({ error }) => error)).toEqual(
    steps.map(() => expect.stringContaining("limit")),
  );
});

test("an event of another project is no event to preview with", async () => {
  await using hub = await testHub();
  await using other = await testHub();
  const event = await accepted(other, { type: "a" });
  const steps = [{ id: "s", url: "https://example.com/" }];
  const { userErrors } = await preview(hub, { steps, eventId: event.id });
  expect(userErrors).toMatchObject([{ code: "NOT_FOUND", path: ["eventId"] }]);
});

test("a header given as it is shown, [redacted], keeps its value when a workflow is changed", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await registerType(hub, "a");
  const step = { id: "s", url: target.url };
  const { workflow } = await tryCreate(hub, {
    steps: [
      {
        ...step,
        headers: { authorization: "Bearer {{ user.token }}", "x-key": "k3y", "x-team": "one" },
      },
    ],
  });
  const id = workflow?.id ?? "";
  await changeWorkflow(hub, "releaseWorkflow", id);
  await install(hub, id, { token: "t0k" });
  const { workflow: shown } = await hub.run<{ workflow: { steps: { headers: object }[] } }>(
    "query ($id: ID!) { workflow(id: $id) { steps { headers } } }",
    { id },
  );
  expect(shown.steps[0]?.headers).toEqual({
    authorization: "[redacted]",
    "x-key": "[redacted]",
    "x-team": "[redacted]",
  });
  const headers = { Authorization: "[redacted]", "x-key": "[redacted]", "x-team": "two" };
  await changeWorkflow(hub, "updateWorkflow", id, { steps: [{ ...step, headers }] });
  expect((await onlyRun(hub)).status).toBe("SUCCEEDED");
  expect(target.requests[0]?.headers).toMatchObject({
    authorization: "Bearer t0k",
    "x-key": "k3y",
    "x-team": "two",
  });
});

test("a header of [redacted] that has no value to keep is INVALID", async () => {
  await using hub = await testHub();
  await registerType(hub, "a");
  const step = { id: "s", url: "https://example.com/", headers: { "x-key": "[redacted]" } };
  const wrong = { code: "INVALID", path: ["steps", "0", "headers", "x-key"] };
  expect((await tryCreate(hub, { steps: [step] })).userErrors).toMatchObject([wrong]);
  const { workflow } = await tryCreate(hub, { steps: [{ ...step, headers: { "x-key": "k3y" } }] });
  const change = (steps: object[]) =>
    changeWorkflow(hub, "updateWorkflow", workflow?.id ?? "", { steps });
  expect((await change([{ ...step, id: "other" }])).userErrors).toMatchObject([wrong]);
  expect((await change([step])).userErrors).toEqual([]);
});

test("runs are listed of some states only", async () => {
  let status = 500;
  await using target = await receiver((_request, response) => response.writeHead(status).end());
  await using hub = await testHub();
  await registerType(hub, "a");
  const { workflow } = await tryCreate(hub, { steps: [{ id: "s", url: target.url, retries: 0 }] });
  const id = workflow?.id ?? "";
  await changeWorkflow(hub, "releaseWorkflow", id);
  await install(hub, id);
  const failed = await onlyRun(hub);
  status = 200;
  const succeeded = await onlyRun(hub);
  const runs = async (wanted: string[] | null) => {
    const answer = await hub.run<{ workflow: { runs: { nodes: { id: string }[] } } }>(
      "query ($id: ID!, $status: [RunStatus!]) { workflow(id: $id) { runs(status: $status) { nodes { id } } } }",
      { id, status: wanted },
    );
    return answer.workflow.runs.nodes.map((run) => run.id);
  };
  expect(await runs(["FAILED"])).toEqual([failed.id]);
  expect(await runs(["SUCCEEDED", "FAILED"])).toEqual([succeeded.id, failed.id]);
  expect(await runs(["RUNNING"])).toEqual([]);
  expect(await runs(null)).toEqual([succeeded.id, failed.id]);
});
