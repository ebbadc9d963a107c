import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accepted, emit, emitAll, eventCount, registerHook } from "../fixtures/emit.ts";
import { countByStatus, deliveryOf, hookOf } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status, statuses } from "../fixtures/receiver.ts";
import {
  type SystemEvent,
  setSystemEvents,
  systemEvents,
  systemEventsOf,
} from "../fixtures/systemEvents.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
  await setSystemEvents(hub, true);
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const soon = { timeout: 60_000 };
const webhookTypes = ["webhook_called", "error"];

const systemEventsBy = async (causeId: string, count: number, types = webhookTypes) => {
  await expect
    .poll(async () => (await systemEventsOf(hub, causeId, types)).length, soon)
    .toBe(count);
  return systemEventsOf(hub, causeId, types);
};

/** What readEvent has against it, by the catalogue's schema of its type. */
async function problemsOf({ type, data, occurredAt }: SystemEvent) {
  const { readEvent } = await hub.run<{ readEvent: { userErrors: object[] } }>(
    "query ($json: JSON!) { readEvent(json: $json) { userErrors { message } } }",
    { json: { type, created_on: occurredAt, ...data } },
  );
  return readEvent.userErrors;
}

describe("S1.9: an event that is matched leaves a resthook_called with what its subscribers are sent", () => {
  test("when it has none", async () => {
    const { id } = await accepted(hub, { type: "lonely", data: { contact: { name: "Bob" } } });
    expect(await systemEventsOf(hub, id)).toMatchObject([
      {
        type: "resthook_called",
        origin: "SYSTEM",
        status: "PROCESSED",
        causedBy: { id },
        data: { resthook: "lonely", payload: { contact: { name: "Bob" } } },
      },
    ]);
  });

  test("once, however many it has, and every digit as it came", async () => {
    for (const path of ["one", "two"])
      await registerHook(hub, { url: `${target.url}/${path}`, types: ["popular"] });
    const query = `mutation { emitEvent(input: { type: "popular", data: { n: 12345678901234567890 }, waitMs: 15000 }) {
      event { id data } } }`;
    const { emitEvent } = await hub.run<{ emitEvent: { event: { id: string; data: object } } }>(
      query,
    );
    const { id, data } = emitEvent.event;
    const called = await systemEventsOf(hub, id, ["resthook_called"]);
    expect(called.map((one) => one.data)).toEqual([{ resthook: "popular", payload: data }]);
    const [row] = await hub.db.sql<{ caused: string; data: string }[]>`
      select s.data::text as caused, e.data::text from signalbox.events e join signalbox.events s on s.cause_id = e.id
      where e.id = ${id} and s.type = 'resthook_called'`;
    expect(row?.caused).toBe(`{"resthook":"popular","payload":${row?.data}}`);
  });

  test("of each of a batch; a duplicate is not matched again", async () => {
    const again = { type: "batch", idempotencyKey: "batch" };
    await emitAll(hub, [again, { type: "batch", data: 1 }]);
    expect((await emit(hub, again)).isDuplicate).toBe(true);
    const called = await systemEvents(hub, ["resthook_called"]);
    const payloads = called.map(({ data }) => data).filter(({ resthook }) => resthook === "batch");
    expect(payloads).toEqual([
      { resthook: "batch", payload: null },
      { resthook: "batch", payload: 1 },
    ]);
  });

  test("of the SQL door and of a schedule when they are matched, not before, and not when they are cancelled", async () => {
    const [row] = await hub.db.sql<{ id: string }[]>`
      select signalbox.emit('by sql', '{"a":1}'::jsonb) as id`;
    const due = await accepted(hub, { type: "later", delay: 0.3 });
    const far = await accepted(hub, { type: "later", delay: 3_600 });
    expect(await systemEventsOf(hub, far.id)).toEqual([]);
    await hub.run("mutation ($id: ID!) { cancelEvent(id: $id) { userErrors { message } } }", far);
    for (const id of [row?.id ?? "", due.id]) {
      await expect.poll(async () => (await systemEventsOf(hub, id)).length, soon).toBe(1);
    }
    expect(await systemEventsOf(hub, far.id)).toEqual([]);
  });
});

describe("S1.10: every attempt that is over leaves a webhook_called", () => {
  test("a success, with URL, status and the whole of what was sent and answered", async () => {
    await using answering = await receiver((_request, response) => {
      response.writeHead(201, { "x-say": "hello", "set-cookie": "session=1" }).end('{"ip":"::1"}');
    });
    const url = `${answering.url}/path?cmd=success`;
    await registerHook(hub, {
      url,
      types: ["called"],
      headers: { "x-team": "billing", authorization: "Bearer hidden" },
    });
    const { id } = await accepted(hub, { type: "called", data: { a: 1 }, waitMs: 15_000 });
    const [called] = await systemEventsBy(id, 1);
    const { requestBody, attempts } = await deliveryOf(hub, id);
    expect(called).toMatchObject({ type: "webhook_called", origin: "SYSTEM", typeVersion: null });
    const { request, response, ...rest } = called?.data ?? {};
    expect(rest).toEqual({
      url,
      resthook: "called",
      status: "success",
      status_code: 201,
      elapsed_ms: attempts[0]?.elapsedMs,
    });
    const [head = "", body] = String(request).split("\r\n\r\n");
    expect(body).toBe(requestBody);
    const [first, ...headers] = head.split("\r\n");
    expect(first).toBe("POST /path?cmd=success HTTP/1.1");
    const sent = answering.requests[0]?.headers ?? {};
    const shown = { ...sent, authorization: "[redacted]", "x-team": "[redacted]" };
    expect(Object.fromEntries(headers.map((line) => line.split(": ")))).toEqual(shown);
    expect(response).toMatch(/^HTTP\/1\.1 201 Created\r\n(.+\r\n)+\r\n\{"ip":"::1"\}$/);
    expect(response).toContain("x-say: hello\r\n");
    expect(response).not.toContain("session=1");
    expect(JSON.stringify(called)).not.toContain("hidden");
  });

  test("failures, each by goflow's word, and the last one an error that is not fatal", async () => {
    await using fickle = await receiver(statuses(500, 302));
    const hook = { types: ["tried"], retries: 1, retryScheduleMs: [100] };
    await registerHook(hub, { ...hook, url: fickle.url });
    await registerHook(hub, { ...hook, retries: 0, url: "http://127.0.0.1:9/" });
    const { id } = await accepted(hub, { type: "tried", waitMs: 15_000 });
    const caused = await systemEventsBy(id, 5);
    const of = (url: string) => caused.map(({ data }) => data).filter((data) => data.url === url);
    expect(of(fickle.url)).toMatchObject([
      { status: "response_error", status_code: 500 },
      { status: "response_error", status_code: 302 },
    ]);
    const [refused] = of("http://127.0.0.1:9/");
    expect(refused).toMatchObject({ status: "connection_error", resthook: "tried" });
    expect(Object.keys(refused ?? {})).not.toContain("status_code");
    expect(Object.keys(refused ?? {})).not.toContain("response");
    const errors = caused.filter(({ type }) => type === "error").map(({ data }) => data);
    expect(errors).toHaveLength(2);
    expect(errors).toContainEqual({
      text: `event 'tried' was not delivered to ${fickle.url} in 2 tries: redirect not followed: 302`,
      fatal: false,
    });
    for (const one of caused) expect(one.causedBy).toEqual({ id });
  });

  test("of a subscriber who is gone, who is sent no more", async () => {
    await using leaving = await receiver(status(410));
    const types = ["gone", "webhook_called"];
    const hookId = await registerHook(hub, { url: leaving.url, types, unsubscribeOn: [410] });
    const { id } = await accepted(hub, { type: "gone", waitMs: 15_000 });
    const [called] = await systemEventsBy(id, 1);
    expect(called?.data).toMatchObject({ status: "subscriber_gone", status_code: 410 });
    expect((await hookOf(hub, hookId)).status).toBe("DELETED");
    expect(called?.status).toBe("PROCESSED");
    expect(await countByStatus(hub, hookId)).toEqual({ GONE: 1 });
    expect(called?.why).toContainEqual({ reason: "DELETED" });
  });

  test("dumps are cut at 10,000 characters, and a body that is no text is left out", async () => {
    await using wordy = await receiver((_request, response) => response.end("é".repeat(12_000)));
    await using binary = await receiver((_request, response) =>
      response.writeHead(200, { "content-type": "image/png" }).end(Buffer.from([0x89, 0xff, 0])),
    );
    for (const { url } of [wordy, binary]) await registerHook(hub, { url, types: ["long"] });
    const data = { text: "😀".repeat(8_000) };
    const { id } = await accepted(hub, { type: "long", data, waitMs: 15_000 });
    const caused = (await systemEventsBy(id, 2)).map((one) => one.data);
    const of = (url: string) => caused.find((one) => one.url === url);
    expect(of(wordy.url)?.response).toMatch(/é$/);
    expect([of(wordy.url)?.response, of(wordy.url)?.request].map((one) => one?.length)).toEqual([
      8192 + Number(of(wordy.url)?.response?.indexOf("\r\n\r\n")) + 4,
      10_000,
    ]);
    expect(of(wordy.url)).not.toHaveProperty("body_ignored");
    expect(of(binary.url)).toMatchObject({ body_ignored: true });
    expect(of(binary.url)?.response).toMatch(/^HTTP\/1\.1 200 OK\r\n.*image\/png\r\n.*\r\n\r\n$/s);
  });
});

test("S1.9, S1.10, S1.11: system events fit the catalogue of goflow, and have its version once installed", async () => {
  await using broken = await receiver(status(500));
  const type = "in order";
  await registerHook(hub, { url: broken.url, types: [type], retries: 0 });
  await hub.run('mutation { installCatalog(name: "goflow") { userErrors { message } } }');
  const { id } = await accepted(hub, { type, data: { a: [1] }, waitMs: 15_000 });
  const caused = await systemEventsBy(id, 3, [...webhookTypes, "resthook_called"]);
  expect(caused.map((one) => one.type)).toEqual(["resthook_called", "webhook_called", "error"]);
  for (const one of caused) {
    expect(await problemsOf(one)).toEqual([]);
    expect(one.typeVersion).toBe(1);
  }
  // Those from before it was installed fit, too.
  for (const one of await systemEvents(hub)) expect(await problemsOf(one)).toEqual([]);
});

test("none are recorded unless the project asks, nor any more once it does not", async () => {
  await using quiet = await testHub();
  await using broken = await receiver(status(500));
  await registerHook(quiet, { url: broken.url, types: ["a"], retries: 0 });
  await accepted(quiet, { type: "a", waitMs: 15_000 });
  expect(await eventCount(quiet)).toBe(1);
  await setSystemEvents(quiet, true);
  await accepted(quiet, { type: "a", waitMs: 15_000 });
  expect(await eventCount(quiet)).toBe(5);
  await setSystemEvents(quiet, false);
  await accepted(quiet, { type: "a", waitMs: 15_000 });
  expect(await eventCount(quiet)).toBe(6);
});
