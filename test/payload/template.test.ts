import { Webhook } from "standardwebhooks";
import { beforeAll, expect, test } from "vitest";
import { deliveryOf, emit, register, update } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { mutate, preview } from "../fixtures/payloads.ts";
import { receiver, statuses } from "../fixtures/receiver.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});

const soon = { timeout: 30_000 };

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
  expect((await preview(hub, hook)).trials).toEqual([
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
  expect(await mutate(hub, "retryDelivery", delivery.id)).toEqual([]);
  await expect.poll(() => target.requests.length, soon).toBe(3);
  expect(new Set(target.requests.map(({ body }) => body)).size).toBe(1);
  for (const { headers } of target.requests)
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
});

test("an event is rendered by the template under which it was matched", async () => {
  await using target = await receiver();
  const { id } = await register(hub, { url: target.url, types: ["then"], template: "old" });
  await mutate(hub, "pauseHook", id);
  await emit(hub, { type: "then", waitMs: 0 });
  expect(await update(hub, id, { template: "new" })).toEqual([]);
  await emit(hub, { type: "then", waitMs: 0 });
  expect(await update(hub, id, { template: null })).toEqual([]);
  await emit(hub, { type: "then", waitMs: 0 });
  await mutate(hub, "resumeHook", id);
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
    (await preview(hub, { types: ["lacking"], template: "{{ data.missing }}" })).trials,
  ).toMatchObject([
    { body: null, contentType: null, error: expect.stringContaining("data.missing") },
  ]);
  await update(hub, id, { template: '{{ event.data.missing | default: "none" }}' });
  expect(await mutate(hub, "retryDelivery", delivery.id)).toEqual([]);
  await expect.poll(() => target.requests.map(({ body }) => body), soon).toEqual(["none"]);
});

test("a delivery that its template failed for is sent as its hook's format once the hook has no template any more", async () => {
  await using target = await receiver();
  const hook = { url: target.url, types: ["untemplated"], template: "{{ event.data.missing }}" };
  const { id } = await register(hub, hook);
  const event = await emit(hub, { type: "untemplated", data: { n: 1 } });
  const { id: delivery } = await deliveryOf(hub, event.id);
  await update(hub, id, { template: null, format: "CLOUD_EVENT_BINARY" });
  expect(await mutate(hub, "retryDelivery", delivery)).toEqual([]);
  await expect.poll(() => target.requests.map(({ body }) => body), soon).toEqual(['{"n":1}']);
  expect(target.requests[0]?.headers).toMatchObject({ "ce-type": "untemplated" });
  await expect
    .poll(() => deliveryOf(hub, event.id), soon)
    .toMatchObject({ status: "SUCCEEDED", requestBody: '{"n":1}' });
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
  // By the renderer's clock, or by the processor time of its process: whichever comes first on this machine.
  const tooLong = /template render limit exceeded|it took longer than 1000 ms of processor time/;
  const errors = event.deliveries.nodes
    .map(({ lastError }) => lastError?.replace(/ \(.*/, "").replace(tooLong, "too long"))
    .sort();
  expect(errors).toEqual([
    "template: the body has more than 524288 bytes",
    "template: too long",
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
