import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { createProject } from "../../src/domain/project/project.ts";
import { accepted } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import {
  install,
  onlyRun,
  registerType,
  released,
  runEvent,
  slackStep,
  ticket,
  ticketSchema,
} from "../fixtures/workflows.ts";

const NAME = "Ticket Created";

async function slackHub(slackUrl: string) {
  const hub = await testHub();
  await registerType(hub, NAME, ticketSchema);
  const workflowId = await released(hub, { eventType: NAME, steps: [slackStep] });
  await install(hub, workflowId, { slackUrl });
  return { hub, workflowId, [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose]() };
}

test("S2.1: an application runs a workflow by a custom event, with what the document's example sends", async () => {
  await using slack = await receiver();
  await using site = await slackHub(`${slack.url}/services/T0/B0/secret`);
  const { event, runs, userErrors } = await runEvent(site.hub, { event: NAME, data: ticket });
  expect(userErrors).toEqual([]);
  expect(event).toMatchObject({ type: NAME, status: "PROCESSED" });
  expect(runs).toMatchObject([
    {
      status: "SUCCEEDED",
      error: null,
      userId: "user123",
      workflow: { id: site.workflowId },
      event: { id: event?.id },
      steps: [{ step: { id: "slack" }, status: "SUCCEEDED", output: { status: 200 } }],
    },
  ]);
  const [request] = slack.requests;
  expect(request).toMatchObject({ method: "POST", path: "/services/T0/B0/secret" });
  expect(request?.headers["content-type"]).toBe("application/json");
});

test("S2.5: the event's values come into the message as they are, apostrophes and quotes intact", async () => {
  await using slack = await receiver();
  await using site = await slackHub(slack.url);
  const data = { ...ticket, ticketName: 'the "big" one\n\\ {{ user.slackUrl }} \u{1F3AB}' };
  await runEvent(site.hub, { event: NAME, data });
  expect(JSON.parse(slack.requests[0]?.body ?? "")).toEqual({
    text: `${data.ticketName} of contact@runalloy.com: I'm excited to buy Alloy Embedded!`,
  });
});

test("S2.6: each invocation is one run, and one message", async () => {
  await using slack = await receiver();
  await using site = await slackHub(slack.url);
  const first = await onlyRun(site.hub, { event: NAME, data: ticket });
  const second = await onlyRun(site.hub, { event: NAME, data: { ...ticket, ticketName: "Two" } });
  expect(second.id).not.toBe(first.id);
  expect(slack.requests.map(({ body }) => JSON.parse(body).text.slice(0, 6))).toEqual([
    "String",
    "Two of",
  ]);
  const { workflow } = await site.hub.run<{ workflow: { runs: { nodes: object[] } } }>(
    "query ($id: ID!) { workflow(id: $id) { runs { nodes { id event { runs { nodes { id } } } } } } }",
    { id: site.workflowId },
  );
  expect(workflow.runs.nodes).toEqual(
    [second, first].map(({ id }) => ({ id, event: { runs: { nodes: [{ id }] } } })),
  );
});

test("S2.7: a key is taken whatever the case of the word bearer", async () => {
  await using slack = await receiver();
  await using site = await slackHub(slack.url);
  const response = await fetch(`${site.hub.url}/graphql`, {
    method: "POST",
    headers: { authorization: `bearer ${site.hub.key}`, "content-type": "application/json" },
    body: JSON.stringify({
      query: `mutation ($data: JSON) {
        runEvent(input: { event: "${NAME}", userId: "user123", data: $data }) { runs { status } }
      }`,
      variables: { data: ticket },
    }),
  });
  const answer = (await response.json()) as { data: { runEvent: { runs: object[] } } };
  expect(answer.data.runEvent.runs).toHaveLength(1);
});

test("S2.8: the event must be registered, its user named, its data fit; else nothing happens", async () => {
  await using slack = await receiver();
  await using site = await slackHub(slack.url);
  const refusals = [
    [{ event: "Ticket Closed" }, "UNKNOWN_TYPE", "unknown type: 'Ticket Closed'", ["event"]],
    [{ userId: "" }, "INVALID", "field 'userId' must not be empty", ["userId"]],
    [
      { data: { ...ticket, description: undefined } },
      "DATA_INVALID",
      "field 'description' is required",
      ["data", "description"],
    ],
    [
      { waitMs: 15_001 },
      "INVALID",
      "field 'waitMs' must be a whole number from 0 to 15000",
      ["waitMs"],
    ],
  ] as const;
  for (const [input, code, message, path] of refusals) {
    const answer = await runEvent(site.hub, { event: NAME, data: ticket, ...input });
    expect(answer).toEqual({ event: null, runs: [], userErrors: [{ code, message, path }] });
  }
  const { events } = await site.hub.run<{ events: { nodes: object[] } }>(
    "{ events { nodes { id } } }",
  );
  expect(events.nodes).toEqual([]);
  expect(slack.requests).toEqual([]);
  const missing = await site.hub.send(
    `mutation { runEvent(input: { event: "a" }) { event { id } } }`,
  );
  expect(missing.errors?.[0]?.message).toContain("userId");
});

test("S2.8: runs are for the user named alone; one who has nothing installed has no runs, and the event happened", async () => {
  await using slack = await receiver();
  await using site = await slackHub(slack.url);
  const { event, runs, userErrors } = await runEvent(site.hub, {
    event: NAME,
    data: ticket,
    userId: "10101010101010",
  });
  expect([runs, userErrors]).toEqual([[], []]);
  expect(event?.status).toBe("PROCESSED");
  expect(slack.requests).toEqual([]);
});

test("S2.9: the event of an identified user runs workflows, by whichever mutation it comes; without a user it runs none", async () => {
  await using slack = await receiver();
  await using site = await slackHub(slack.url);
  const input = { type: NAME, data: ticket, waitMs: 15_000 };
  const fields = "id status runs { nodes { status } }";
  expect(await accepted(site.hub, { ...input, userId: "user123" }, fields)).toMatchObject({
    status: "PROCESSED",
    runs: { nodes: [{ status: "SUCCEEDED" }] },
  });
  expect(await accepted(site.hub, input, fields)).toMatchObject({ runs: { nodes: [] } });
  expect(slack.requests).toHaveLength(1);
});

test("the same idempotency key again is the same event, and no second run", async () => {
  await using slack = await receiver();
  await using site = await slackHub(slack.url);
  const input = { type: NAME, data: ticket, userId: "user123", idempotencyKey: "once" };
  const first = await accepted(site.hub, { ...input, waitMs: 15_000 });
  expect(await accepted(site.hub, input, "id runs { nodes { status } }")).toEqual({
    id: first.id,
    runs: { nodes: [{ status: "SUCCEEDED" }] },
  });
  expect(slack.requests).toHaveLength(1);
});

test("an EMITTER runs events, and sees of the answer the event alone", async () => {
  await using slack = await receiver();
  await using site = await slackHub(slack.url);
  const { createApiKey } = await site.hub.run<{ createApiKey: { key: string } }>(
    `mutation { createApiKey(input: { name: "app", role: EMITTER }) { key } }`,
  );
  const send = (fields: string) =>
    site.hub.send(
      `mutation ($input: RunEventInput!) { runEvent(input: $input) { ${fields} userErrors { code } } }`,
      { input: { event: NAME, userId: "user123", data: ticket, waitMs: 15_000 } },
      createApiKey.key,
    );
  const refused = await send("event { id } runs { id }");
  expect(refused.errors?.map(({ extensions }) => extensions.code)).toEqual(["FORBIDDEN"]);
  expect((await send("event { status }")).data).toEqual({
    runEvent: { event: { status: "PROCESSED" }, userErrors: [] },
  });
  expect(slack.requests).toHaveLength(1);
});

test("S2.10: events, workflows and users belong to the key's project alone", async () => {
  await using slack = await receiver();
  await using site = await slackHub(slack.url);
  const { key } = await createProject(site.hub.db.sql, "Stranger");
  const asStranger = async (query: string) =>
    site.hub.run<Record<string, unknown>>(query, { id: site.workflowId }, key);
  expect(
    await asStranger("query ($id: ID!) { workflow(id: $id) { id } node(id: $id) { id } }"),
  ).toEqual({ workflow: null, node: null });
  const answer = await asStranger(`mutation ($id: ID!) {
    releaseWorkflow(id: $id) { userErrors { code } }
    installWorkflow(workflowId: $id, userId: "user123") { userErrors { code path } }
    uninstallWorkflow(workflowId: $id, userId: "user123") { userErrors { code } }
    registerEventType(input: { name: "${NAME}" }) { userErrors { code } }
    runEvent(input: { event: "${NAME}", userId: "user123", waitMs: 1000 }) { event { status } runs { id } }
  }`);
  expect(answer).toEqual({
    releaseWorkflow: { userErrors: [{ code: "NOT_FOUND" }] },
    installWorkflow: { userErrors: [{ code: "NOT_FOUND", path: ["workflowId"] }] },
    uninstallWorkflow: { userErrors: [{ code: "NOT_FOUND" }] },
    registerEventType: { userErrors: [] },
    runEvent: { event: { status: "PROCESSED" }, runs: [] },
  });
  expect(slack.requests).toEqual([]);
});

test("a step is signed with the project's secret, under the delivery's id, the same on every try", async () => {
  await using target = await receiver();
  await using site = await slackHub(target.url);
  const { rotateSigningSecret } = await site.hub.run<{ rotateSigningSecret: { secret: string } }>(
    "mutation { rotateSigningSecret { secret } }",
  );
  const run = await onlyRun(site.hub, { event: NAME, data: ticket });
  const [request] = target.requests;
  if (!request) throw new Error("no request");
  const headers = request.headers as Record<string, string>;
  expect(new Webhook(rotateSigningSecret.secret).verify(request.body, headers)).toBeTruthy();
  const delivery = run.steps[0]?.delivery;
  expect(headers["webhook-id"]).toBe(delivery?.id);
  expect(headers["signalbox-delivery-id"]).toBe(delivery?.id);
  expect(headers["signalbox-user"]).toBe("user123");
  expect(delivery).toMatchObject({ requestBody: request.body, hook: null, run: { id: run.id } });
});
