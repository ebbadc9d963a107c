import { createRequire } from "node:module";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { type DoorCall, doorCall } from "../fixtures/doorCall.ts";
import { eventCount, registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { type Receiver, receiver, statuses } from "../fixtures/receiver.ts";
import { tenantOf } from "../fixtures/tenant.ts";

type Project = { id: string; slug: string; name: string };

let hub: TestHub;
let call: DoorCall;
let target: Receiver;
let project: Project;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
  call = doorCall(hub);
  project = await projectOf(hub);
  return async () => {
    await hub[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  };
});
beforeEach(() => {
  target.requests.length = 0;
});

async function projectOf(of: TestHub) {
  const { viewer } = await of.run<{ viewer: { project: Project } }>(
    "{ viewer { project { id slug name } } }",
  );
  return viewer.project;
}

/** The document's queue, and its client's. */
const QUEUES = ["event-triggers", "eventing"] as const;
const queue = (body: unknown, options: { named?: string; of?: string; key?: string } = {}) => {
  const { named = project.slug, of = "event-triggers", key } = options;
  const path = `/v1/api/${encodeURIComponent(named)}/${of}/queue`;
  return call("POST", path, body, { ...(key && { key }) });
};
const dueIn = async (body: string) => {
  const { status, body: answer } = await queue(body);
  expect(status).toBe(200);
  return answer.scheduledFor && Date.parse(answer.scheduledFor) - Date.now();
};
const scheduledFor = async (body: string) => (await queue(body)).body.scheduledFor;

/** The document's examples, as they are printed. */
const sentEmail = `{
  "type": "sent-email",
  "data": {
    "to": "user1@email.com",
    "from": "user2@email.com",
    "subject": "Some Subject"
  }
}`;
const delayed = `{
  "type": "my-custom-event",
  "delay": 3600,
  "data": {
    "foo": "bar"
  }
}`;
const atATime = `{
  "type": "my-custom-event",
  "timestamp": 1587902400,
  "data": {
    "foo": "bar"
  }
}`;
const both = `{
  "type": "my-custom-event",
  "delay": 3600,
  "timestamp": 1587902400,
  "data": {
    "foo": "bar"
  }
}`;

test("S3.1, S3.4, S3.9, S3.10, S3.11: the document's event comes to its trigger as a CloudEvent, and is tried again until 2xx", async () => {
  target.answer = statuses(500, 204);
  await registerHook(hub, {
    ...{ name: "welcome-email", types: ["sent-email"], url: `${target.url}/welcome` },
    retryScheduleMs: [100],
  });
  const { status, body } = await queue(sentEmail);
  expect([status, body]).toEqual([200, { id: expect.any(String), status: expect.any(String) }]);
  await expect.poll(() => target.requests.length).toBe(2);
  const [first, second] = target.requests;
  expect(first).toMatchObject({ method: "POST", path: "/welcome" });
  expect(first?.headers["content-type"]).toBe("application/json");
  expect(JSON.parse(first?.body ?? "")).toEqual({
    specversion: "1.0-rc1",
    id: body.id,
    type: "sent-email",
    source: expect.any(String),
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    data: JSON.parse(sentEmail).data,
  });
  expect(second?.body).toBe(first?.body);
  target.answer = statuses(200);
});

test("S3.6, S3.7, S3.12: the three ways to schedule are as the document has them, in its own numbers", async () => {
  expect(await dueIn(sentEmail)).toBeUndefined();
  const ahead = await dueIn(delayed);
  expect(ahead).toBeGreaterThan(3_500_000);
  expect(ahead).toBeLessThanOrEqual(3_700_000);
  expect(await scheduledFor(atATime)).toBe("2020-04-26T12:00:00.000Z");
  expect(await scheduledFor(both)).toBe("2020-04-26T13:00:00.000Z");
  // Milliseconds as its table says, and the time of its client.
  expect(await scheduledFor('{"type":"a","timestamp":1587902400000}')).toBe(
    "2020-04-26T12:00:00.000Z",
  );
  expect(await scheduledFor('{"type":"a","timestamp":"2020-04-26T14:00:00.5+02:00"}')).toBe(
    "2020-04-26T12:00:00.500Z",
  );
  const nulls = '{"type":"a","timestamp":null,"delay":null,"data":null}';
  expect((await queue(nulls)).status).toBe(200);
});

test("S3.5: the path names the key's project, by its slug, its name or its id; any other is refused", async () => {
  const stranger = await tenantOf(hub, "Another one");
  const other = await projectOf(stranger);
  for (const of of QUEUES) {
    for (const named of [project.slug, project.name, project.id])
      expect((await queue(sentEmail, { named, of })).status).toBe(200);
    expect((await queue(sentEmail, { named: other.name, of, key: stranger.key })).status).toBe(200);
    const before = await eventCount(hub);
    for (const named of [other.slug, other.id, "demo-project", `${project.slug}x`]) {
      const { status, body } = await queue(sentEmail, { named, of });
      expect([status, body.error]).toEqual([
        404,
        `the key is of the project '${project.slug}', not of '${named}': put its slug, its name or its id into the path`,
      ]);
    }
    expect(await eventCount(hub)).toBe(before);
  }
});

type QueueEvent = {
  delay(seconds: number): QueueEvent;
  date(date: Date): QueueEvent;
  synchronous(): QueueEvent;
  apply(): Promise<{ status: number; data: Record<string, unknown> }>;
};
type Api = { setToken(token: string): void; queueEvent(type: string, data: unknown): QueueEvent };

/** The client as its documentation makes it. */
function client(key = hub.key): Api {
  const { API }: { API: new (project: string, url: string) => Api } = createRequire(
    import.meta.url,
  )("space-api");
  const api = new API(project.slug, hub.url);
  api.setToken(key);
  return api;
}

test("S3.4, S3.7: space-api queues events, at once, at a date and after a delay", async () => {
  await registerHook(hub, { types: ["event-type"], url: `${target.url}/client` });
  const now = await client().queueEvent("event-type", { foo: "bar" }).apply();
  expect(now.status).toBe(200);
  await expect.poll(() => target.requests.length).toBe(1);
  expect(JSON.parse(target.requests[0]?.body ?? "")).toMatchObject({
    id: now.data.id,
    data: { foo: "bar" },
  });
  const date = new Date(Date.now() + 60_000);
  const later = await client().queueEvent("event-type", {}).date(date).delay(30).apply();
  expect(later).toMatchObject({
    status: 200,
    data: { status: "SCHEDULED", scheduledFor: new Date(date.getTime() + 30_000).toISOString() },
  });
});

test("space-api waits for a synchronous event, and is told what the webhook answered", async () => {
  const { key: emitter } = await keyOf(hub, "EMITTER");
  const sent = (type: string, key?: string) =>
    client(key).queueEvent(type, { n: 1 }).synchronous().apply();
  const answers: Record<string, string> = {
    protocol: '{"response":{"n":1}}',
    plain: '{"ok":true}',
    text: "no JSON",
  };
  for (const [type, text] of Object.entries(answers)) {
    await using webhook = await receiver((_request, response) => response.end(text));
    await registerHook(hub, { types: [type], url: webhook.url });
    expect(await sent(type)).toEqual({
      status: 200,
      data: {
        id: expect.any(String),
        status: "PROCESSED",
        scheduledFor: expect.any(String),
        ...(type === "protocol" && { result: { n: 1 } }),
        ...(type === "plain" && { result: { ok: true } }),
      },
    });
    // The answers of webhooks are not for keys that may not read deliveries.
    expect((await sent(type, emitter)).data).not.toHaveProperty("result");
  }
  expect((await sent("nobody's")).data).toMatchObject({ status: "PROCESSED" });
  await using broken = await receiver(statuses(500));
  await registerHook(hub, { types: ["broken"], url: broken.url, retries: 0 });
  expect(await sent("broken")).toMatchObject({
    status: 502,
    data: { status: "FAILED", error: expect.stringContaining("500") },
  });
  const later = await queue({ type: "a", delay: 3600, isSynchronous: true }, { of: "eventing" });
  expect(later).toMatchObject({ status: 202, body: { status: "SCHEDULED" } });
});

test("S3.6, S3.12: what is wrong is told in Space Cloud's form, at both queues, and nothing is stored", async () => {
  const before = await eventCount(hub);
  const wrong: [body: unknown, status: number, error: string][] = [
    [{}, 422, "field 'type' is required"],
    [{ type: "" }, 422, "field 'type' must not be empty"],
    [{ type: 7 }, 422, "field 'type' must be a string, not 7"],
    [{ type: "a", delay: -1 }, 422, "field 'delay' must be 0 or more seconds"],
    [{ type: "a", delay: "60" }, 422, "field 'delay' must be a number, not \"60\""],
    [{ type: "a", delay: 1e12 }, 422, "at most 10 years ahead"],
    [{ type: "a", timestamp: "tomorrow" }, 422, "field 'timestamp' must be an RFC 3339"],
    [{ type: "a", timestamp: "0000-01-01T00:00:00Z" }, 422, "field 'timestamp' must lie in"],
    [{ type: "a", timestamp: -62_167_219_200_000 }, 422, "field 'timestamp' must be an RFC 3339"],
    [
      { type: "a", timestamp: "2026-02-30T12:00:00Z" },
      422,
      "field 'timestamp' must be an RFC 3339",
    ],
    [{ type: "a", timestamp: true }, 422, "field 'timestamp' must be an RFC 3339"],
    [{ type: "a", timestamp: 1e20 }, 422, "field 'timestamp' must be an RFC 3339"],
    [{ type: "a", data: 1, payload: 1 }, 422, "field 'payload' is another name of 'data'"],
    [{ type: "a", payload: "x".repeat(262_144) }, 422, "payload may take 262144 bytes"],
    [{ type: "a", options: { db: "mongo" } }, 422, "field 'options' must be empty"],
    [{ type: "a", isSynchronous: "yes" }, 422, "field 'isSynchronous' must be true or false"],
    [{ type: "a", retries: 3 }, 422, "field 'retries' is unknown; known are type, delay"],
    [[{ type: "a" }], 422, "the body must be an object"],
    ["{", 400, "The body is not valid JSON."],
  ];
  for (const of of QUEUES) {
    for (const [body, status, error] of wrong)
      expect(await queue(body, { of })).toEqual({
        status,
        body: { error: expect.stringContaining(error) },
      });
    const { key: viewer } = await keyOf(hub, "VIEWER", `reads ${of}`);
    expect((await queue(sentEmail, { of, key: viewer })).status).toBe(403);
    expect((await queue(sentEmail, { of, key: `${hub.key}x` })).status).toBe(401);
  }
  expect(await eventCount(hub)).toBe(before);
  const { status, body } = await call("POST", `/v1/api/${project.slug}/services/a/b`, {});
  expect([status, body.error]).toEqual([404, expect.stringContaining("there is nothing at")]);
});
