import { afterAll, beforeAll, expect, test } from "vitest";
import { isAudited, unauditedMutations } from "../../src/domain/audit/auditAction.ts";
import { schema } from "../../src/graphql/schema.ts";
import { allEntries, mutate } from "../fixtures/auditLog.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
});
afterAll(async () => {
  await target[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

/** What later calls refer to. */
const ids: Record<string, string> = {};
const keep = (name: string, id: string | undefined) => {
  ids[name] = id ?? "";
};
type One<Name extends string> = Record<Name, { id: string }>;

const waitFor = async <Row>(find: () => Promise<Row | undefined>): Promise<Row> => {
  let row: Row | undefined;
  await expect.poll(async () => (row = await find())).toBeDefined();
  return row as Row;
};

const emit = (input: string) =>
  mutate<{
    event: { id: string; deliveries: { nodes: { id: string }[] }; actions: { id: string }[] };
  }>(
    hub,
    "emitEvent",
    `input: { ${input} }`,
    "event { id actions { id } deliveries { nodes { id } } }",
  );

const registerHook = async (name: string, path: string, more = "") => {
  const { hook } = await mutate<One<"hook">>(
    hub,
    "registerHook",
    `input: { name: "${name}", url: "${target.url}${path}", ${more} }`,
    "hook { id }",
  );
  keep(name, hook.id);
};
const ofHook = (name: string) => () => mutate(hub, name, `id: "${ids.hook}"`, "hook { id }");
const ofSchedule = (name: string) => () =>
  mutate(hub, name, `id: "${ids.schedule}"`, "eventSchedule { id }");
const ofWorkflow = (name: string, pick: string) => () =>
  mutate(hub, name, `id: "${ids.workflow}"`, pick);

/** Every audited mutation, called so that it changes something, in an order in which each finds what it needs. */
const calls: Record<string, () => Promise<unknown>> = {
  registerEventType: () =>
    mutate(
      hub,
      "registerEventType",
      `input: { name: "order.paid", example: { n: 1 } }`,
      "eventType { id }",
    ),
  registerResourceType: () =>
    mutate(
      hub,
      "registerResourceType",
      `input: { name: "orders", createdEvent: "order.made" }`,
      "resourceType { id }",
    ),
  installCatalog: () => mutate(hub, "installCatalog", `name: "actionstep"`, "catalog { name }"),
  updateProject: () =>
    mutate(hub, "updateProject", "input: { systemEvents: true }", "project { id }"),
  rotateSigningSecret: () => mutate(hub, "rotateSigningSecret", "overlapHours: 1", "secret"),
  createApiKey: async () => {
    const { apiKey } = await mutate<One<"apiKey">>(
      hub,
      "createApiKey",
      `input: { name: "second", role: VIEWER }`,
      "apiKey { id }",
    );
    keep("key", apiKey.id);
  },
  revokeApiKey: () => mutate(hub, "revokeApiKey", `id: "${ids.key}"`, "apiKey { id }"),
  registerHook: () => registerHook("hook", "/ok", `types: ["order.paid"]`),
  updateHook: () =>
    mutate(hub, "updateHook", `id: "${ids.hook}", input: { timeoutMs: 4000 }`, "hook { id }"),
  rotateHookSecret: () => mutate(hub, "rotateHookSecret", `id: "${ids.hook}"`, "hook { id }"),
  testHook: () => mutate(hub, "testHook", `id: "${ids.hook}", waitMs: 10000`, "delivery { id }"),
  triggerHook: async () => {
    await mutate(hub, "triggerHook", `id: "${ids.hook}", data: 1, waitMs: 10000`, "event { id }");
  },
  backfillHook: async () => {
    await registerHook("late", "/late", `types: ["order.paid"]`);
    await mutate(
      hub,
      "backfillHook",
      `input: { hookId: "${ids.late}", since: "2026-01-01T00:00:00Z" }`,
      "matched",
    );
  },
  replayDeliveries: () =>
    mutate(
      hub,
      "replayDeliveries",
      `input: { hookId: "${ids.hook}", since: "2026-01-01T00:00:00Z" }`,
      "matched",
    ),
  cancelReplay: async () => {
    const [row] = await hub.db.sql<{ id: string }[]>`
      update signalbox.replays set status = 'RUNNING', finished_at = null returning id`;
    await mutate(hub, "cancelReplay", `id: "${row?.id}"`, "replay { id }");
  },
  retryDelivery: async () => {
    const { event } = await emit(`type: "order.paid", data: 2, waitMs: 10000`);
    await mutate(hub, "retryDelivery", `id: "${event.deliveries.nodes[0]?.id}"`, "delivery { id }");
  },
  releaseBlockedKey: async () => {
    await registerHook(
      "ordered",
      "/fails",
      `types: ["order.lost"], orderBy: "event.data.key", retries: 0`,
    );
    await emit(`type: "order.lost", data: { key: "person@example.com" }, waitMs: 10000`);
    await mutate(
      hub,
      "releaseBlockedKey",
      `hookId: "${ids.ordered}", key: "person@example.com", skip: true`,
      "hook { id }",
    );
  },
  pauseHook: ofHook("pauseHook"),
  resumeHook: ofHook("resumeHook"),
  enableHook: async () => {
    await hub.db.sql`update signalbox.hooks set status = 'DISABLED' where id = ${ids.hook ?? ""}`;
    await ofHook("enableHook")();
  },
  confirmHook: async () => {
    await registerHook("asked", "/mute", `types: ["a"], verification: HOOK_SECRET`);
    const asked = await waitFor(async () => target.requests.find(({ path }) => path === "/mute"));
    const secret = asked.headers["x-hook-secret"];
    await mutate(hub, "confirmHook", `id: "${ids.asked}", secret: "${secret}"`, "hook { id }");
  },
  deleteHook: ofHook("deleteHook"),
  scheduleEvents: async () => {
    const { eventSchedule } = await mutate<One<"eventSchedule">>(
      hub,
      "scheduleEvents",
      `input: { name: "yearly", cron: "@yearly", event: { type: "year", data: "SECRET-DATA" } }`,
      "eventSchedule { id }",
    );
    keep("schedule", eventSchedule.id);
  },
  updateEventSchedule: () =>
    mutate(
      hub,
      "updateEventSchedule",
      `id: "${ids.schedule}", input: { cron: "@monthly" }`,
      "eventSchedule { id }",
    ),
  pauseEventSchedule: ofSchedule("pauseEventSchedule"),
  resumeEventSchedule: ofSchedule("resumeEventSchedule"),
  runEventSchedule: ofSchedule("runEventSchedule"),
  deleteEventSchedule: ofSchedule("deleteEventSchedule"),
  rescheduleEvent: async () => {
    keep("later", (await emit(`type: "later", delay: 3600`)).event.id);
    await mutate(hub, "rescheduleEvent", `id: "${ids.later}", delay: 7200`, "event { id }");
  },
  cancelEvent: () => mutate(hub, "cancelEvent", `id: "${ids.later}"`, "event { id }"),
  pressAction: async () => {
    const { event } = await emit(
      `type: "ask", actions: [{ url: "${target.url}/press", key: "go", buttonText: "Go" }]`,
    );
    await mutate(
      hub,
      "pressAction",
      `input: { actionId: "${event.actions[0]?.id}", confirm: true }`,
      "press { id }",
    );
  },
  createWorkflow: async () => {
    const { workflow } = await mutate<One<"workflow">>(
      hub,
      "createWorkflow",
      `input: { name: "flow", eventType: "order.flow", steps: [{ id: "one", url: "${target.url}/step" }] }`,
      "workflow { id }",
    );
    keep("workflow", workflow.id);
  },
  updateWorkflow: () =>
    mutate(
      hub,
      "updateWorkflow",
      `id: "${ids.workflow}", input: { name: "flow 2" }`,
      "workflow { id }",
    ),
  releaseWorkflow: ofWorkflow("releaseWorkflow", "workflow { id }"),
  installWorkflow: () =>
    mutate(
      hub,
      "installWorkflow",
      `workflowId: "${ids.workflow}", userId: "u", variables: { token: "SECRET-VARIABLE" }`,
      "installation { id }",
    ),
  rerunWorkflow: async () => {
    await emit(`type: "order.flow", userId: "u", waitMs: 10000`);
    const { id } = await waitFor(async () => {
      const rows = await hub.db.sql<{ id: string }[]>`
        select id from signalbox.workflow_runs where status in ('SUCCEEDED', 'FAILED')`;
      return rows[0];
    });
    await mutate(hub, "rerunWorkflow", `runId: "${id}"`, "run { id }");
  },
  uninstallWorkflow: () =>
    mutate(
      hub,
      "uninstallWorkflow",
      `workflowId: "${ids.workflow}", userId: "u"`,
      "installation { id }",
    ),
  pauseWorkflow: ofWorkflow("pauseWorkflow", "workflow { id }"),
  archiveEventType: () => mutate(hub, "archiveEventType", `name: "unused"`, "eventType { id }"),
  expungeEvent: () => mutate(hub, "expungeEvent", `id: "${ids.later}"`, "events"),
  expungeUser: () => mutate(hub, "expungeUser", `userId: "u"`, "events"),
};

const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});

test("every mutation is audited or on the list of those that write data alone", () => {
  expect(mutations.length).toBeGreaterThan(40);
  const audited = mutations.filter((name) => isAudited(`Mutation.${name}`));
  expect([...audited, ...unauditedMutations].sort()).toEqual([...mutations].sort());
  expect(Object.keys(calls).sort()).toEqual([...audited].sort());
});

test("every audited mutation leaves one entry of its name, with the key's name and the request's id", async () => {
  target.answer = (request, response) =>
    status(request.path === "/fails" ? 500 : request.path === "/mute" ? 202 : 200)(
      request,
      response,
    );
  await mutate(hub, "registerEventType", `input: { name: "unused" }`, "eventType { id }");
  for (const call of Object.values(calls)) await call();
  const entries = (await allEntries(hub)).filter(({ actor }) => actor !== "signalbox");
  const once = Object.keys(calls).map((name) => [name, 1]);
  const counts = Object.entries(Object.groupBy(entries, ({ action }) => action));
  expect(Object.fromEntries(counts.map(([name, made]) => [name, made?.length]))).toEqual({
    ...Object.fromEntries(once),
    ...{ registerEventType: 2, registerHook: 4 },
  });
  for (const { action, actor, requestId, before, after } of entries) {
    expect([action, actor]).toEqual([action, "First key"]);
    expect([action, requestId]).not.toEqual([action, ""]);
    expect([action, after ?? before]).not.toEqual([action, null]);
  }
});
