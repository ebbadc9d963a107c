import { CloudEvent, HTTP } from "cloudevents";
import { Webhook } from "standardwebhooks";
import { beforeAll, describe, expect, test } from "vitest";
import { version } from "../../src/version.ts";
import { change, deliveryOf, emit, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Received, type Receiver, receiver, statuses } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
  return async () => {
    await hub[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  };
});

const flatHeaders = ({ headers }: Received) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
const isSignedBy = (secret: string, request: Received) => {
  try {
    new Webhook(secret).verify(request.body, flatHeaders(request));
    return true;
  } catch {
    return false;
  }
};
const readEvent = (request: Received) => {
  const event = HTTP.toEvent({ headers: flatHeaders(request), body: request.body });
  if (Array.isArray(event)) throw new Error("read as a batch");
  return event;
};

/** Registers a hook of a format, emits one event for it, and gives what came. */
async function receive(format: string, input: object = {}) {
  const type = `of.${format}.${target.requests.length}`;
  const { secret } = await register(hub, { url: target.url, types: [type], format });
  const event = await emit(hub, { type, ...input });
  const request = target.requests.find(({ headers }) => headers["webhook-id"] === event.id);
  if (!request) throw new Error("nothing came");
  expect(isSignedBy(secret, request)).toBe(true);
  const { requestBody } = await deliveryOf(hub, event.id);
  expect(requestBody).toBe(request.body);
  return { event, type, request };
}

const data = { title: "Olá 🎫", amount: 1.1, nested: { list: [1, null] } };
const sourceOf = async () =>
  (await hub.run<{ viewer: { project: { source: string } } }>("{ viewer { project { source } } }"))
    .viewer.project.source;

describe("a delivery", () => {
  test("is a POST with the Standard Webhooks headers and our own", async () => {
    const { event, request } = await receive("CLOUD_EVENT", { data });
    const delivery = await deliveryOf(hub, event.id);
    expect(request.method).toBe("POST");
    expect(request.headers).toMatchObject({
      "user-agent": `signalbox/${version}`,
      "content-type": "application/json",
      "webhook-id": event.id,
      "webhook-timestamp": expect.stringMatching(/^\d{10}$/),
      "webhook-signature": expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
      "signalbox-delivery-id": delivery.id,
      "signalbox-attempt": "1",
    });
    expect(
      Math.abs(Number(request.headers["webhook-timestamp"]) - Date.now() / 1_000),
    ).toBeLessThan(30);
  });

  test("of CLOUD_EVENT holds exactly its six members", async () => {
    const occurredAt = "2026-01-02T03:04:05.678Z";
    const { event, type, request } = await receive("CLOUD_EVENT", { data, occurredAt });
    expect(JSON.parse(request.body)).toEqual({
      specversion: "1.0-rc1",
      id: event.id,
      type,
      source: await sourceOf(),
      time: occurredAt,
      data,
    });
    expect(Object.keys(JSON.parse(request.body))).toEqual([
      ...["specversion", "id", "type", "source", "time", "data"],
    ]);
    const { event: shown } = await hub.run<{ event: { cloudEvent: object } }>(
      "query ($id: ID!) { event(id: $id) { cloudEvent } }",
      { id: event.id },
    );
    expect(shown.cloudEvent).toEqual(JSON.parse(request.body));
  });

  test.each([
    ["CLOUD_EVENT_STRUCTURED", "application/cloudevents+json"],
    ["CLOUD_EVENT_BINARY", "application/json"],
  ])("of %s is a CloudEvent 1.0 to the SDK", async (format, contentType) => {
    const subject = { type: "ticket", id: "7" };
    const { event, type, request } = await receive(format, { data, subject });
    expect(request.headers["content-type"]).toBe(contentType);
    const read = readEvent(request);
    expect(() => new CloudEvent({ ...read }, true)).not.toThrow();
    expect(read).toMatchObject({
      specversion: "1.0",
      id: event.id,
      type,
      source: await sourceOf(),
      datacontenttype: "application/json",
      data,
    });
    if (format === "CLOUD_EVENT_BINARY") expect(JSON.parse(request.body)).toEqual(data);
  });

  test("of CLOUD_EVENT_BINARY carries what is not ASCII in its headers, percent-encoded", async () => {
    const type = "Bestellung größer 100 % ☃";
    await register(hub, { url: target.url, types: [type], format: "CLOUD_EVENT_BINARY" });
    const { id } = await emit(hub, { type, data });
    const request = target.requests.find(({ headers }) => headers["webhook-id"] === id);
    expect(decodeURIComponent(String(request?.headers["ce-type"]))).toBe(type);
  });

  test("of EVENT is the flat typed event, whose own members no data replaces", async () => {
    const occurredAt = "2026-01-02T03:04:05.678Z";
    const stepUuid = "6f1a4c1e-93a5-4b0c-8f6e-2f1f3f6a7b10";
    const input = { data: { ...data, type: "evil" }, occurredAt, stepUuid };
    const { type, request } = await receive("EVENT", input);
    expect(request.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(request.body)).toEqual({
      type,
      created_on: occurredAt,
      step_uuid: stepUuid,
      ...data,
    });
  });

  test.each(["CLOUD_EVENT", "CLOUD_EVENT_STRUCTURED", "CLOUD_EVENT_BINARY", "EVENT"])(
    "of %s without data is a JSON document all the same",
    async (format) => {
      for (const input of [{}, { data: null }]) {
        const { request } = await receive(format, input);
        const body = JSON.parse(request.body);
        expect(format === "CLOUD_EVENT_BINARY" ? body : (body.data ?? null)).toBeNull();
      }
    },
  );

  const about = ["signalbox-user", "signalbox-context", "signalbox-subject"];

  test.each(["CLOUD_EVENT", "CLOUD_EVENT_STRUCTURED", "CLOUD_EVENT_BINARY", "EVENT"])(
    "of %s says whom and what the event is about, in any script",
    async (format) => {
      const subject = { type: "größe", id: '7 % "🎫"' };
      const input = { data, userId: "Zoë 🎫", contextId: "заказ-1", subject };
      const { request } = await receive(format, input);
      const { headers } = request;
      const decoded = about.map((name) => decodeURIComponent(String(headers[name])));
      expect(decoded).toEqual(["Zoë 🎫", "заказ-1", 'größe/7 % "🎫"']);
      expect(about.every((name) => /^[!#-~]+$/.test(String(headers[name])))).toBe(true);
      if (format === "CLOUD_EVENT_STRUCTURED") {
        expect(readEvent(request)).toMatchObject({
          userid: "Zoë 🎫",
          contextid: "заказ-1",
          subject: 'größe/7 % "🎫"',
        });
      }
      const ce = ["ce-userid", "ce-contextid", "ce-subject"].map((name) => headers[name]);
      const same = about.map((name) => headers[name]);
      expect(ce).toEqual(format === "CLOUD_EVENT_BINARY" ? same : about.map(() => undefined));
    },
  );

  test("of an event that is about nobody says nothing of it", async () => {
    const { request } = await receive("CLOUD_EVENT_BINARY", { data });
    const names = Object.keys(request.headers).filter((name) => /^(ce|signalbox)-/.test(name));
    expect(names.sort()).toEqual([
      ...["ce-id", "ce-source", "ce-specversion", "ce-time", "ce-type"],
      ...["signalbox-attempt", "signalbox-delivery-id"],
    ]);
  });

  test("has the same id and bytes on every try, and a signature of its own time", async () => {
    await using flaky = await receiver(statuses(500, 500, 200));
    const { secret } = await register(hub, {
      url: flaky.url,
      types: ["flaky"],
      retryScheduleMs: [700],
    });
    const { id } = await emit(hub, { type: "flaky", data });
    expect(flaky.requests).toHaveLength(3);
    const distinct = (of: (request: Received) => unknown) => new Set(flaky.requests.map(of)).size;
    expect(distinct(({ body }) => body)).toBe(1);
    expect(distinct(({ headers }) => headers["webhook-timestamp"])).toBeGreaterThan(1);
    for (const [index, request] of flaky.requests.entries()) {
      expect(request.headers).toMatchObject({
        "webhook-id": id,
        "signalbox-attempt": `${index + 1}`,
      });
      expect(isSignedBy(secret, request)).toBe(true);
    }
  });
});

describe("a rotated secret", () => {
  const rotate = async (id: string, overlapHours?: number) => {
    const { rotateHookSecret } = await hub.run<{
      rotateHookSecret: { secret: string | null; userErrors: { code: string; path: string[] }[] };
    }>(
      `mutation ($id: ID!, $hours: Int) {
        rotateHookSecret(id: $id, overlapHours: $hours) { secret userErrors { code path } }
      }`,
      { id, hours: overlapHours },
    );
    return rotateHookSecret;
  };
  const lastFor = async (type: string): Promise<Received> => {
    await emit(hub, { type });
    const last = target.requests.at(-1);
    if (!last) throw new Error("nothing came");
    return last;
  };

  test("signs beside the old one for a while, which alone signs no more after that", async () => {
    const { id, secret: first } = await register(hub, { url: target.url, types: ["rotated"] });
    const { secret: second } = await rotate(id);
    if (!second) throw new Error("no secret");
    expect(second).toMatch(/^whsec_/);
    expect(second).not.toBe(first);
    const during = await lastFor("rotated");
    expect([first, second].map((secret) => isSignedBy(secret, during))).toEqual([true, true]);
    expect(String(during.headers["webhook-signature"]).split(" ")).toHaveLength(2);

    const { secret: third } = await rotate(id, 0);
    if (!third) throw new Error("no secret");
    const after = await lastFor("rotated");
    expect([first, second, third].map((secret) => isSignedBy(secret, after))).toEqual([
      ...[false, false, true],
    ]);
  });

  test("overlaps with at most four older ones", async () => {
    const { id } = await register(hub, { url: target.url, types: ["often"] });
    for (let i = 0; i < 7; i++) await rotate(id);
    const { headers } = await lastFor("often");
    expect(String(headers["webhook-signature"]).split(" ")).toHaveLength(5);
  });

  test("overlaps for 0 to 168 hours, and belongs to a live hook", async () => {
    const { id } = await register(hub, { url: target.url, types: ["bounds"] });
    for (const hours of [-1, 169]) {
      expect(await rotate(id, hours)).toMatchObject({
        secret: null,
        userErrors: [{ code: "INVALID", path: ["overlapHours"] }],
      });
    }
    expect((await rotate(id, 168)).userErrors).toEqual([]);
    await change(hub, "deleteHook", id);
    expect((await rotate(id)).userErrors).toMatchObject([{ code: "NOT_ALLOWED_NOW" }]);
  });
});
