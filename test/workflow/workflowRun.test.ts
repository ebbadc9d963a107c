import { expect, test } from "vitest";
import { accepted } from "../fixtures/emit.ts";
import { receiver, status } from "../fixtures/receiver.ts";
import { overSocket } from "../fixtures/subscription.ts";
import { ended, install, onlyRun, runEvent, workflowHub } from "../fixtures/workflows.ts";

const json = (value: unknown) => (_request: unknown, response: { end(text: string): void }) =>
  response.end(JSON.stringify(value));

test("a step uses what an earlier one was answered", async () => {
  await using target = await receiver((request, response) => {
    if (request.path === "/find") return response.end('{"customer":{"id":7,"tags":["vip"]}}');
    if (request.path === "/plain") return response.writeHead(201).end("just text");
    response.end();
  });
  await using site = await workflowHub([
    { id: "find", method: "GET", url: `${target.url}/find` },
    { id: "plain", method: "PUT", url: `${target.url}/plain` },
    {
      id: "use",
      url: `${target.url}/customers/{{ steps.find.response.customer.id }}`,
      headers: { "x-status": "{{ steps.plain.status }}" },
      body: {
        id: "{{ steps.find.response.customer.id }}",
        tags: "{{ steps.find.response.customer.tags }}",
        text: "{{ steps.plain.response }}",
        event: "{{ event.type }} of {{ event.userId }}",
      },
    },
  ]);
  const run = await onlyRun(site.hub, { data: { x: 1 } });
  expect(run).toMatchObject({ status: "SUCCEEDED", error: null });
  expect(target.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "GET /find",
    "PUT /plain",
    "POST /customers/7",
  ]);
  const [find, , use] = target.requests;
  expect(find).toMatchObject({ body: "" });
  expect(find?.headers["content-type"]).toBeUndefined();
  expect(use?.headers["x-status"]).toBe("201");
  expect(JSON.parse(use?.body ?? "")).toEqual({
    ...{ id: 7, tags: ["vip"], text: "just text", event: "a of user123" },
  });
  expect(run.steps.map(({ output }) => output)).toEqual([
    { status: 200, response: { customer: { id: 7, tags: ["vip"] } } },
    { status: 201, response: "just text" },
    { status: 200, response: "" },
  ]);
});

test("templates know every field of the event, by the names and with the values that it is read with", async () => {
  await using target = await receiver();
  await using site = await workflowHub([{ id: "s", url: target.url, body: "{{ event }}" }]);
  const { id } = await accepted(site.hub, {
    ...{ type: "a", userId: "user123", data: { n: 1.5, none: null }, name: "A", avatar: "🐳" },
    ...{ category: "c", contentType: "ROWS", content: [{ label: "l" }], contextId: "x" },
    ...{ subject: { type: "t", id: "7" }, stepUuid: "8eebd020-1af5-431c-b943-aa670fc74da9" },
    ...{ idempotencyKey: "k", occurredAt: "2026-01-02T03:04:05.678Z", waitMs: 15_000 },
    ...{ uid: "u", channels: ["c1", "c2"], tags: ["t"] },
  });
  const { event } = await site.hub.run<{ event: object }>(
    `query ($id: ID!) { event(id: $id) {
      id type typeVersion data source name avatar category contentType content userId subject { type id }
      contextId stepUuid idempotencyKey uid channels tags origin occurredAt receivedAt scheduledFor
    } }`,
    { id },
  );
  const seen = JSON.parse(target.requests[0]?.body ?? "");
  expect(seen).toEqual({ ...event, status: "DISPATCHED" });
});

test("a missing variable fails the run by its name, and nothing is sent", async () => {
  await using target = await receiver();
  await using site = await workflowHub([
    { id: "first", url: target.url },
    { id: "slack", url: "{{ user.slackUrl }}" },
    { id: "last", url: target.url },
  ]);
  const { event, runs } = await runEvent(site.hub);
  expect(event?.status).toBe("FAILED");
  expect(runs).toMatchObject([
    {
      status: "FAILED",
      error: "step 'slack': undefined variable: user.slackUrl",
      steps: [
        { status: "SUCCEEDED" },
        { status: "FAILED", delivery: null, output: null },
        { status: "CANCELLED", delivery: null },
      ],
    },
  ]);
  expect(runs[0]?.stoppedAt).not.toBeNull();
  expect(target.requests).toHaveLength(1);
});

test("a step is tried as often as it says, with the same bytes; then the run fails, and later steps are not come to", async () => {
  await using target = await receiver(status(500));
  await using site = await workflowHub([
    { id: "once", url: target.url, body: { now: "{{ 'now' | date: '%s%L' }}" }, retries: 1 },
    { id: "never", url: target.url },
  ]);
  const { runs } = await runEvent(site.hub, { waitMs: 0 });
  await expect.poll(() => target.requests.length).toBe(1);
  // What waits 5 s is due at once.
  await site.hub.db.sql`update signalbox.queue set due_at = now() where attempt_count = 1`;
  const run = await ended(site.hub, runs[0]?.id ?? "");
  expect(run).toMatchObject({ status: "FAILED", error: "step 'once': status 500" });
  expect(run.steps.map((step) => step.status)).toEqual(["FAILED", "CANCELLED"]);
  expect(run.steps[0]?.delivery?.status).toBe("FAILED");
  const [first, second, ...more] = target.requests;
  expect(more).toEqual([]);
  expect(second?.body).toBe(first?.body);
  expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
  expect([first, second].map((one) => one?.headers["signalbox-attempt"])).toEqual(["1", "2"]);
});

test("an address that may not be called fails the step at once, whoever named it", async () => {
  await using site = await workflowHub([{ id: "s", url: "{{ user.url }}" }], {
    url: "http://169.254.169.254/latest/meta-data",
  });
  const run = await onlyRun(site.hub);
  expect(run.status).toBe("FAILED");
  expect(run.error).toBe("step 's': address not allowed");
  expect(run.steps[0]?.delivery?.attempts).toMatchObject([{ number: 1, outcome: "REFUSED" }]);
  await install(site.hub, site.workflowId, { url: "not a url" });
  const { error, steps } = await onlyRun(site.hub);
  expect(error).toMatch(/^step 's': url holds no spaces/);
  expect(steps[0]?.delivery).toBeNull();
});

test("an answer that is cut is a success whose response later steps cannot use", async () => {
  await using target = await receiver(json("x".repeat(70_000)));
  await using site = await workflowHub([
    { id: "big", url: target.url },
    { id: "use", url: target.url, body: "{{ steps.big.response }}" },
  ]);
  const run = await onlyRun(site.hub);
  expect(run).toMatchObject({
    status: "FAILED",
    error: "step 'use': undefined variable: steps.big.response",
  });
  expect(run.steps[0]?.output).toEqual({ status: 200 });
  target.answer = json("x".repeat(60_000));
  expect(await onlyRun(site.hub)).toMatchObject({ status: "SUCCEEDED" });
  expect(target.requests.at(-1)?.body).toHaveLength(60_002);
});

test("an answer that is JSON nested without end is text to later steps, and holds up no run", async () => {
  const deep = "[".repeat(30_000) + "]".repeat(30_000);
  await using target = await receiver((request, response) =>
    response.end(request.path === "/deep" ? deep : ""),
  );
  await using site = await workflowHub([
    { id: "deep", url: `${target.url}/deep` },
    { id: "use", url: target.url, body: { got: "{{ steps.deep.response }}" } },
  ]);
  const run = await onlyRun(site.hub);
  expect([run.status, run.error]).toEqual(["SUCCEEDED", null]);
  expect(JSON.parse(target.requests[1]?.body ?? "")).toEqual({ got: deep });
});

test("an event is DISPATCHED until its runs and deliveries have ended, and FAILED when a run did", async () => {
  await using target = await receiver((request, response) => {
    if (request.path === "/step") answers.push(() => response.writeHead(500).end());
    else response.end();
  });
  const answers: (() => void)[] = [];
  await using site = await workflowHub([{ id: "s", url: `${target.url}/step`, retries: 0 }]);
  await site.hub.run(
    `mutation ($url: String!) { registerHook(input: { url: $url, types: ["a"] }) { hook { id } } }`,
    { url: `${target.url}/hook` },
  );
  const { event } = await runEvent(site.hub, { waitMs: 0 });
  const read = async () => {
    const { event: now } = await site.hub.run<{
      event: { status: string; deliveries: { nodes: { status: string; hook: object | null }[] } };
    }>(
      "query ($id: ID!) { event(id: $id) { status deliveries { nodes { status hook { id } } } } }",
      { id: event?.id },
    );
    return now;
  };
  const hookDone = async () => (await read()).deliveries.nodes.find(({ hook }) => hook)?.status;
  await expect.poll(hookDone).toBe("SUCCEEDED");
  await expect.poll(() => answers.length).toBe(1);
  expect((await read()).status).toBe("DISPATCHED");
  for (const answer of answers) answer();
  await expect.poll(async () => (await read()).status).toBe("FAILED");
});

test("a scheduled event, and one of the SQL door, starts its runs when it is due", async () => {
  await using target = await receiver();
  await using site = await workflowHub([{ id: "s", url: target.url, body: "{{ data.n }}" }]);
  const { id } = await accepted(site.hub, {
    type: "a",
    userId: "user123",
    delay: 0.5,
    data: { n: 1 },
  });
  const runs = async () => {
    const { event } = await site.hub.run<{ event: { runs: { nodes: { status: string }[] } } }>(
      "query ($id: ID!) { event(id: $id) { runs { nodes { status } } } }",
      { id },
    );
    return event.runs.nodes.map((run) => run.status);
  };
  expect(await runs()).toEqual([]);
  await expect.poll(runs, { timeout: 60_000 }).toEqual(["SUCCEEDED"]);
  await site.hub.db.sql`select signalbox.emit('a', '{"n":2}', user_id => 'user123')`;
  await expect.poll(() => target.requests.length, { timeout: 60_000 }).toBe(2);
  expect(target.requests.map(({ body }) => body)).toEqual(["1", "2"]);
});

type RunItem = {
  runUpdated: { cursor: string; run: { id: string; status: string; steps: { status: string }[] } };
};

test("every state of a run is seen live, each step's beginning and end, and again from a cursor", async () => {
  await using target = await receiver();
  await using site = await workflowHub([
    { id: "one", url: target.url },
    { id: "two", url: "{{ user.missing }}" },
  ]);
  const query = `subscription ($workflowId: ID, $after: String) {
    runUpdated(workflowId: $workflowId, after: $after) { cursor run { id status error steps { status } } } }`;
  const { workflowId } = site;
  await using live = overSocket<RunItem["runUpdated"]>(site.hub, query, { workflowId });
  await using all = overSocket<{ node: { __typename: string } }>(
    site.hub,
    "subscription { activity { node { __typename } } }",
  );
  await expect
    .poll(async () => (await fetch(`${site.hub.url}/metrics`)).text())
    .toContain("signalbox_subscribers 2");
  const run = await onlyRun(site.hub);
  const seen = [
    ["QUEUED", "QUEUED", "QUEUED"],
    ["RUNNING", "RUNNING", "QUEUED"],
    ["FAILED", "SUCCEEDED", "FAILED"],
  ];
  const states = (items: RunItem["runUpdated"][]) =>
    items.map((item) => [item.run.status, ...item.run.steps.map((step) => step.status)]);
  await expect.poll(() => states(live.items)).toEqual(seen);
  expect(live.items.at(-1)?.run).toMatchObject({ id: run.id, error: run.error });
  const first = live.items[0]?.cursor;
  await using again = overSocket<RunItem["runUpdated"]>(site.hub, query, {
    workflowId,
    after: first,
  });
  await expect.poll(() => states(again.items)).toEqual(seen.slice(1));
  const runs = () => all.items.filter(({ node }) => node.__typename === "WorkflowRun");
  await expect.poll(runs).toHaveLength(3);
});
