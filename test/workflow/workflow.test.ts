import { expect, test } from "vitest";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import {
  changeWorkflow,
  ended,
  install,
  onlyRun,
  registerType,
  released,
  runEvent,
  slackStep,
  ticketSchema,
  tryCreate,
  uninstall,
} from "../fixtures/workflows.ts";

test("S2.2: an event's name may hold a space, and many workflows may run on one event", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await registerType(hub, "Ticket Created");
  for (const name of ["One", "Two"]) {
    const steps = [{ id: "s", url: `${target.url}/${name}` }];
    await install(hub, await released(hub, { name, eventType: "Ticket Created", steps }));
  }
  const { runs } = await runEvent(hub, { event: "Ticket Created" });
  expect(runs.map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
  expect(target.requests.map(({ path }) => path).sort()).toEqual(["/One", "/Two"]);
});

test("S2.3: the shorthand of a custom event's schema states what its data must hold", async () => {
  await using hub = await testHub();
  await registerType(hub, "Ticket Created", ticketSchema);
  const { userErrors } = await runEvent(hub, { event: "Ticket Created", data: { ticketName: 1 } });
  expect(userErrors.map(({ path }) => path.join("."))).toEqual(
    expect.arrayContaining(["data.ticketName", "data.customerEmail", "data.description"]),
  );
});

test("S2.4: a workflow is an event and the steps it leads to, shown as they were written", async () => {
  await using hub = await testHub();
  const steps = [
    {
      ...slackStep,
      name: "Tell Slack",
      headers: { "x-team": "support", authorization: "Bearer t" },
    },
    {
      id: "log",
      method: "PUT",
      url: "https://example.com/{{ event.id }}",
      retries: 0,
      timeoutMs: 100,
    },
  ];
  const { workflow, userErrors } = await tryCreate(hub, { name: "Slack", steps });
  expect(userErrors).toEqual([]);
  const read = await hub.run(
    `query ($id: ID!) {
      node(id: $id) { __typename id }
      workflows { nodes { id } }
      workflow(id: $id) { name eventType status version
        steps { id name method url headers body retries timeoutMs } }
    }`,
    { id: workflow?.id },
  );
  expect(read).toEqual({
    node: { __typename: "Workflow", id: workflow?.id },
    workflows: { nodes: [{ id: workflow?.id }] },
    workflow: {
      ...{ name: "Slack", eventType: "a", status: "DRAFT", version: 1 },
      steps: [
        {
          ...slackStep,
          name: "Tell Slack",
          method: "POST",
          headers: { "x-team": "[redacted]", authorization: "[redacted]" },
          retries: 3,
          timeoutMs: 5_000,
        },
        {
          ...{ id: "log", name: "log", method: "PUT", url: "https://example.com/{{ event.id }}" },
          ...{ headers: {}, body: null, retries: 0, timeoutMs: 100 },
        },
      ],
    },
  });
});

test("only a released workflow starts runs; a pause stops the next, not those under way", async () => {
  await using target = await receiver((_request, response) => answers.push(() => response.end()));
  const answers: (() => void)[] = [];
  await using hub = await testHub();
  await registerType(hub, "a");
  const { workflow } = await tryCreate(hub, { steps: [{ id: "s", url: target.url }] });
  const id = workflow?.id ?? "";
  await install(hub, id);
  expect((await runEvent(hub)).runs).toEqual([]);
  const draft = await changeWorkflow(hub, "pauseWorkflow", id);
  expect(draft.userErrors).toMatchObject([{ code: "NOT_ALLOWED_NOW", path: ["id"] }]);
  expect((await changeWorkflow(hub, "releaseWorkflow", id)).workflow?.status).toBe("RELEASED");
  const { runs } = await runEvent(hub, { waitMs: 0 });
  await expect.poll(() => target.requests.length).toBe(1);
  expect((await changeWorkflow(hub, "pauseWorkflow", id)).workflow?.status).toBe("PAUSED");
  expect((await changeWorkflow(hub, "pauseWorkflow", id)).userErrors).toEqual([]);
  expect((await runEvent(hub)).runs).toEqual([]);
  for (const answer of answers) answer();
  expect((await ended(hub, runs[0]?.id ?? "")).status).toBe("SUCCEEDED");
  expect(target.requests).toHaveLength(1);
});

test("a change of its steps is a new version, and a run keeps the one it began with", async () => {
  await using target = await receiver((_request, response) => answers.push(() => response.end()));
  const answers: (() => void)[] = [];
  await using hub = await testHub();
  await registerType(hub, "a");
  const steps = (path: string) => [
    { id: "first", url: `${target.url}/${path}/1` },
    { id: "second", url: `${target.url}/${path}/2` },
  ];
  const id = await released(hub, { steps: steps("old") });
  await install(hub, id);
  const { runs } = await runEvent(hub, { waitMs: 0 });
  await expect.poll(() => target.requests.length).toBe(1);
  const named = await changeWorkflow(hub, "updateWorkflow", id, { name: "Renamed" });
  expect(named.workflow).toMatchObject({ name: "Renamed", version: 1, status: "RELEASED" });
  const changed = await changeWorkflow(hub, "updateWorkflow", id, { steps: steps("new") });
  expect(changed.workflow).toMatchObject({ name: "Renamed", version: 2, status: "RELEASED" });
  target.answer = (_request, response) => response.end();
  for (const answer of answers) answer();
  expect((await ended(hub, runs[0]?.id ?? "")).status).toBe("SUCCEEDED");
  expect(await onlyRun(hub)).toMatchObject({ status: "SUCCEEDED", version: 2 });
  expect(target.requests.map(({ path }) => path)).toEqual(["/old/1", "/old/2", "/new/1", "/new/2"]);
});

test("installing again replaces the variables; uninstalling keeps the history", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await registerType(hub, "a");
  const id = await released(hub, { steps: [{ id: "s", url: "{{ user.url }}" }] });
  const first = await install(hub, id, { url: `${target.url}/1` });
  await onlyRun(hub);
  expect(await install(hub, id, { url: `${target.url}/2` })).toBe(first);
  await onlyRun(hub);
  expect(await uninstall(hub, id)).toMatchObject({ installation: { id: first, active: false } });
  expect((await runEvent(hub)).runs).toEqual([]);
  expect(target.requests.map(({ path }) => path)).toEqual(["/1", "/2"]);
  const { workflow } = await hub.run<{ workflow: object }>(
    `query ($id: ID!) { workflow(id: $id) {
      installs { nodes { id userId active } } runs { nodes { status } } } }`,
    { id },
  );
  expect(workflow).toEqual({
    installs: { nodes: [{ id: first, userId: "user123", active: false }] },
    runs: { nodes: [{ status: "SUCCEEDED" }, { status: "SUCCEEDED" }] },
  });
  await install(hub, id, { url: `${target.url}/3` });
  expect((await onlyRun(hub)).status).toBe("SUCCEEDED");
  expect(await uninstall(hub, id, "nobody")).toMatchObject({
    installation: null,
    userErrors: [{ code: "NOT_FOUND", path: ["userId"] }],
  });
});
