import { expect, test } from "vitest";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import { install, onlyRun, registerType, released, runEvent } from "../fixtures/workflows.ts";

test("a user's variables and a step's headers are sealed at rest, and shown to ADMIN alone", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await registerType(hub, "a");
  const id = await released(hub, {
    steps: [
      {
        id: "s",
        url: "{{ user.url }}?key={{ user.token }}",
        headers: { "x-plain": "{{ user.token }}", "x-api-key": "header-s3cret" },
        body: "{{ user.token }}",
      },
    ],
  });
  const installation = await install(hub, id, { url: target.url, token: "user-s3cret" });
  await hub.run("mutation { updateProject(input: { systemEvents: true }) { project { id } } }");
  const run = await onlyRun(hub);
  expect(target.requests[0]).toMatchObject({
    path: "/?key=user-s3cret",
    headers: { "x-plain": "user-s3cret", "x-api-key": "header-s3cret" },
    body: '"user-s3cret"',
  });
  expect(run.steps[0]?.delivery?.attempts[0]?.requestHeaders).toMatchObject({
    "x-plain": "[redacted]",
    "x-api-key": "[redacted]",
  });
  const tables = await hub.db.sql<{ name: string }[]>`
    select relname as name from pg_class where relkind = 'r' and relnamespace = 'signalbox'::regnamespace`;
  expect(tables.length).toBeGreaterThan(15);
  const { events } = await hub.run<{ events: { nodes: { data: object }[] } }>(
    `{ events(types: ["webhook_called"]) { nodes { data } } }`,
  );
  expect(events.nodes).toMatchObject([{ data: { url: `${target.url}/`, status: "success" } }]);
  expect(events.nodes[0]?.data).not.toHaveProperty("resthook");
  for (const { name } of tables) {
    const rows = await hub.db.sql`
      select 1 from signalbox.${hub.db.sql(name)} t where t::text like '%s3cret%'`;
    expect([name, rows.length]).toEqual([name, 0]);
  }
  const query = "query ($id: ID!) { node(id: $id) { ... on Installation { variables } } }";
  const { createApiKey } = await hub.run<{ createApiKey: { key: string } }>(
    `mutation { createApiKey(input: { name: "v", role: VIEWER }) { key } }`,
  );
  const variables = { url: target.url, token: "user-s3cret" };
  expect(await hub.run(query, { id: installation })).toEqual({ node: { variables } });
  expect(await hub.run(query, { id: installation }, createApiKey.key)).toEqual({
    node: { variables: { url: "[redacted]", token: "[redacted]" } },
  });
});

test("a workflow's queue is no hook: no list, lookup or reason shows it, nor can it be changed as one", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await registerType(hub, "a");
  const id = await released(hub, { steps: [{ id: "s", url: target.url }] });
  await install(hub, id);
  const { event } = await runEvent(hub);
  const read = await hub.run(
    `query ($id: ID!, $event: ID!) {
      hook(id: $id) { id } hooks { nodes { id } } eventType(name: "a") { hooks { nodes { id } } }
      event(id: $event) { why { reason } deliveries { nodes { hook { id } run { workflow { id } } } } }
    }`,
    { id, event: event?.id },
  );
  expect(read).toEqual({
    ...{ hook: null, hooks: { nodes: [] }, eventType: { hooks: { nodes: [] } } },
    event: { why: [], deliveries: { nodes: [{ hook: null, run: { workflow: { id } } }] } },
  });
  const changed = await hub.run(
    `mutation ($id: ID!) {
      pauseHook(id: $id) { userErrors { code } }
      deleteHook(id: $id) { userErrors { code } }
      rotateHookSecret(id: $id) { userErrors { code } }
      triggerHook(id: $id) { userErrors { code } }
      updateHook(id: $id, input: { maxInFlight: 1 }) { userErrors { code } }
      replayDeliveries(input: { hookId: $id, since: "2026-01-01T00:00:00Z" }) { userErrors { code } }
      all: replayDeliveries(input: { since: "2026-01-01T00:00:00Z" }) { matched }
    }`,
    { id },
  );
  const none = { userErrors: [{ code: "NOT_FOUND" }] };
  expect(changed).toEqual({
    ...{ pauseHook: none, deleteHook: none, rotateHookSecret: none, triggerHook: none },
    ...{ updateHook: none, replayDeliveries: none, all: { matched: 0 } },
  });
});
