import { Webhook } from "standardwebhooks";
import { beforeAll, expect, test } from "vitest";
import { deliveryOf, emit, register, tryRegister, update } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver, statuses } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});

const soon = { timeout: 30_000 };

const settingsOf = async (id: string) =>
  (
    await hub.run<{ hook: object }>(
      "query ($id: ID!) { hook(id: $id) { template templateContentType } }",
      { id },
    )
  ).hook;

type Trial = { contentType: string | null; body: string | null; error: string | null };
async function preview(input: object) {
  const { previewHook } = await hub.run<{
    previewHook: { trials: Trial[] | null; userErrors: object[] };
  }>(
    `query ($input: PreviewHookInput!) { previewHook(input: $input, first: 1) {
      trials { contentType headers body error orderKey orderDetail } userErrors { code message path }
    } }`,
    { input },
  );
  return previewHook;
}

async function mutate(name: string, id: string, args = "") {
  const data = await hub.run<Record<string, { userErrors: object[] }>>(
    `mutation ($id: ID!) { ${name}(id: $id${args}) { userErrors { code message path } } }`,
    { id },
  );
  return data[name]?.userErrors;
}

test("a receiver gets what the template renders, signed over those bytes, as the preview showed it", async () => {
  await using target = await receiver();
  const hook = {
    url: target.url,
    types: ["slack"],
    template:
      '{"text": {{ event.data.text | json }}, "n": {{ event.data.n }}, "by": "{{ event.userId }}", "all": {{ data }}}',
  };
  const { secret } = await register(hub, hook);
  const data = { text: 'say "ä"\n\u0000', n: 1 };
  const { id } = await emit(hub, { type: "slack", userId: "ada", data });
  const [request] = target.requests;
  expect(JSON.parse(request?.body ?? "")).toEqual({ text: data.text, n: 1, by: "ada", all: data });
  expect(request?.headers).toMatchObject({ "content-type": "application/json", "webhook-id": id });
  expect(Object.keys(request?.headers ?? {}).filter((name) => name.startsWith("ce-"))).toEqual([]);
  const headers = Object.fromEntries(
    ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [
      name,
      String(request?.headers[name]),
    ]),
  );
  new Webhook(secret).verify(request?.body ?? "", headers);
  expect((await preview(hook)).trials).toEqual([
    {
      contentType: "application/json",
      headers: {},
      body: request?.body,
      error: null,
      orderKey: null,
      orderDetail: null,
    },
  ]);
  expect(await deliveryOf(hub, id)).toMatchObject({
    status: "SUCCEEDED",
    requestBody: request?.body,
  });
});

test("numbers keep every digit, and objects the order of their keys", async () => {
  await using target = await receiver();
  await register(hub, {
    url: target.url,
    types: ["exact"],
    template: "{{ data }} {{ data.n }} {{ data | json }}",
  });
  const answer = await hub.run<{ emitEvent: { userErrors: object[] } }>(
    `mutation { emitEvent(input: { type: "exact", waitMs: 15000, data: {n: 12345678901234567890.1234567890123, b: 9007199254740993, a: 1} }) { userErrors { message } } }`,
  );
  expect(answer.emitEvent.userErrors).toEqual([]);
  const text = '{"n":12345678901234567890.1234567890123,"b":9007199254740993,"a":1}';
  expect(target.requests[0]?.body).toBe(`${text} 12345678901234567890.1234567890123 ${text}`);
});

test("every attempt, retry and replay of a delivery sends the same bytes, whatever becomes of the template", async () => {
  await using target = await receiver(statuses(500, 200));
  const { id } = await register(hub, {
    url: target.url,
    types: ["frozen"],
    template: "{{ 'now' | date: '%s%L' }} {{ event.id }}",
    templateContentType: "text/plain; charset=utf-8",
    retryScheduleMs: [100],
  });
  const event = await emit(hub, { type: "frozen" });
  expect(await update(hub, id, { template: "other" })).toEqual([]);
  const delivery = await deliveryOf(hub, event.id);
  expect(await mutate("retryDelivery", delivery.id)).toEqual([]);
  await expect.poll(() => target.requests.length, soon).toBe(3);
  expect(new Set(target.requests.map(({ body }) => body)).size).toBe(1);
  for (const { headers } of target.requests)
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
});

test("an event is rendered by the template under which it was matched", async () => {
  await using target = await receiver();
  const { id } = await register(hub, { url: target.url, types: ["then"], template: "old" });
  await mutate("pauseHook", id);
  await emit(hub, { type: "then", waitMs: 0 });
  expect(await update(hub, id, { template: "new" })).toEqual([]);
  await emit(hub, { type: "then", waitMs: 0 });
  expect(await update(hub, id, { template: null })).toEqual([]);
  await emit(hub, { type: "then", waitMs: 0 });
  await mutate("resumeHook", id);
  await expect.poll(() => target.requests.length, soon).toBe(3);
  const bodies = target.requests.map(({ body }) => (body.startsWith("{") ? "{" : body));
  expect(bodies.sort()).toEqual(["new", "old", "{"]);
});

test("an event that the template fails for is FAILED with the reason, without a call, and is sent when the template is mended", async () => {
  await using target = await receiver();
  const { id } = await register(hub, {
    url: target.url,
    types: ["lacking"],
    template: "first\n  {{ event.data.missing }}",
  });
  const event = await emit(hub, { type: "lacking", data: { n: 1 } });
  const delivery = await deliveryOf(hub, event.id);
  const reason = "template: undefined variable: event.data.missing (line 2, column 6)";
  expect(delivery).toMatchObject({
    status: "FAILED",
    attemptCount: 1,
    lastError: reason,
    requestBody: "",
    attempts: [{ outcome: "RENDER_ERROR", statusCode: null, error: reason }],
  });
  expect(target.requests).toEqual([]);
  const { hook } = await hub.run<{ hook: object }>(
    "query ($id: ID!) { hook(id: $id) { health failedCount } }",
    { id },
  );
  expect(hook).toEqual({ health: "HEALTHY", failedCount: 1 });
  expect(
    (await preview({ types: ["lacking"], template: "{{ data.missing }}" })).trials,
  ).toMatchObject([
    { body: null, contentType: null, error: expect.stringContaining("data.missing") },
  ]);
  await update(hub, id, { template: '{{ event.data.missing | default: "none" }}' });
  expect(await mutate("retryDelivery", delivery.id)).toEqual([]);
  await expect.poll(() => target.requests.map(({ body }) => body), soon).toEqual(["none"]);
});

const refused = [
  ["{% if %}", "line 1, column"],
  ["ok\n{{ event.id | nope }}", "undefined filter: nope (line 2, column 1)"],
  ["{{ event.id", "(line 1, column 1)"],
  ["{% for x in event.data.list %}", "(line 1, column 1)"],
  ["{{ evnt.id }}", "unknown variable 'evnt'"],
  ["{{ event.typ }}", "an event has no field 'typ'"],
  ["{% include 'x' %}", 'tag "include" not found (line 1, column 1)'],
  [" ", "must not be blank"],
  ["{{ event.id }}\u0000", "must not contain NUL"],
] as const;

test("a template of 20,000 characters is taken, and no longer one", async () => {
  const hook = { url: "http://127.0.0.1:1", types: ["long"] };
  const { id } = await register(hub, { ...hook, template: "x".repeat(20_000) });
  expect(await update(hub, id, { template: "x".repeat(20_001) })).toEqual([
    {
      code: "INVALID",
      path: ["template"],
      message: "field 'template' must have at most 20000 characters",
    },
  ]);
});

test.for(refused)("a template %j is refused: %s", async ([template, message]) => {
  const mistake = {
    code: "INVALID",
    path: ["template"],
    message: expect.stringContaining(message),
  };
  expect((await tryRegister(hub, { url: "http://127.0.0.1:1", template })).userErrors).toEqual([
    mistake,
  ]);
  expect((await preview({ types: ["a"], template })).userErrors).toEqual([mistake]);
});

test.for(["", "text", "text/", "text/plain\r\nx: y", "text/plain;", "text/plain; a=\u00e4"])(
  "a content type %j is refused",
  async (templateContentType) => {
    const { userErrors } = await tryRegister(hub, {
      url: "http://127.0.0.1:1",
      template: "x",
      templateContentType,
    });
    expect(userErrors).toMatchObject([{ code: "INVALID", path: ["templateContentType"] }]);
  },
);

test("a content type goes with its template, and RESOURCE with none", async () => {
  const { userErrors } = await tryRegister(hub, {
    url: "http://127.0.0.1:1",
    templateContentType: "text/plain",
  });
  expect(userErrors).toMatchObject([{ code: "INVALID", path: ["templateContentType"] }]);
  const long = await tryRegister(hub, {
    url: "http://127.0.0.1:1",
    template: "x",
    templateContentType: `a/${"b".repeat(199)}`,
  });
  expect(long.userErrors).toMatchObject([{ path: ["templateContentType"] }]);
  const resource = await tryRegister(hub, {
    url: "http://127.0.0.1:1",
    template: "x",
    format: "RESOURCE",
  });
  expect(resource.userErrors).toMatchObject([{ code: "INVALID", path: ["template"] }]);
  const { id } = await register(hub, {
    url: "http://127.0.0.1:1",
    types: ["none"],
    template: "x",
    templateContentType: 'text/plain; a="b c"',
  });
  expect(await settingsOf(id)).toEqual({
    template: "x",
    templateContentType: 'text/plain; a="b c"',
  });
  await update(hub, id, { templateContentType: null });
  expect(await settingsOf(id)).toEqual({ template: "x", templateContentType: "application/json" });
  expect(await update(hub, id, { format: "RESOURCE" })).toMatchObject([{ path: ["template"] }]);
  expect(await update(hub, id, { template: null })).toEqual([]);
  expect(await settingsOf(id)).toEqual({ template: null, templateContentType: null });
});

test("a template that takes too long is stopped, and others are delivered meanwhile", async () => {
  await using target = await receiver();
  const loop =
    "{% for a in (1..1000) %}{% for b in (1..1000) %}{% for c in (1..100) %}{{ a }}{% endfor %}{% endfor %}{% endfor %}";
  await register(hub, { url: target.url, types: ["slow"], template: loop });
  await register(hub, { url: target.url, types: ["slow"], template: "quick" });
  await register(hub, {
    url: target.url,
    types: ["slow"],
    template: "{{ event.data.text }}{{ event.data.text }}{{ event.data.text }}",
  });
  const { id } = await emit(hub, { type: "slow", data: { text: "x".repeat(200_000) } });
  const { event } = await hub.run<{
    event: { deliveries: { nodes: { status: string; lastError: string }[] } };
  }>("query ($id: ID!) { event(id: $id) { deliveries { nodes { status lastError } } } }", { id });
  const errors = event.deliveries.nodes
    .map(({ lastError }) => lastError?.replace(/ \(.*/, ""))
    .sort();
  expect(errors).toEqual([
    "template: template render limit exceeded",
    "template: the body has more than 524288 bytes",
    undefined,
  ]);
  expect(target.requests.map(({ body }) => body)).toEqual(["quick"]);
});

test("what a template rendered is erased with its event", async () => {
  await using target = await receiver();
  await register(hub, { url: target.url, types: ["erased"], template: "{{ event.data.secret }}" });
  const { id } = await emit(hub, {
    type: "erased",
    userId: "gone",
    data: { secret: "hidden-word" },
  });
  const kept = () => hub.db.sql`select body from signalbox.event_bodies where event_id = ${id}`;
  expect(await kept()).toHaveLength(1);
  await hub.run(`mutation { expungeUser(userId: "gone") { userErrors { message } } }`);
  await expect.poll(kept, soon).toEqual([]);
});

test("a backfill sends what the template makes now, and a hook of format DATA keeps its svix headers", async () => {
  await using target = await receiver();
  const { id: early } = await emit(hub, { type: "late" });
  const { id } = await register(hub, {
    url: target.url,
    types: ["late"],
    format: "DATA",
    template: "{{ event.id }}",
  });
  await hub.run(
    "mutation ($input: BackfillHookInput!) { backfillHook(input: $input) { userErrors { message } } }",
    { input: { hookId: id, since: "2020-01-01T00:00:00Z" } },
  );
  await expect.poll(() => target.requests.map(({ body }) => body), soon).toEqual([early]);
  expect(target.requests[0]?.headers).toMatchObject({
    "svix-id": early,
    "content-type": "application/json",
  });
});
