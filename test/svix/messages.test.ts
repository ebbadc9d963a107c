import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";
import { openSvix, sdkMajors, svixApplication } from "../fixtures/svix.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  target = await receiver();
  hub = await testHub();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const soon = { timeout: 30_000 };

describe.each(sdkMajors)("Svix's SDK for JavaScript, version $major", ({ major }) => {
  test("a message goes to the endpoints of its application that take its type, as it is, and signed", async () => {
    const kind = openSvix(major, hub).only("invoice.paid");
    const app = await svixApplication(major, hub, target, "delivered", kind);
    const { svix, uid, endpoint, sent } = app;
    const payload = { id: "invoice_1", amount: 1.5, tags: ["a", null] };
    const message = await svix.message.create(
      uid,
      { eventType: "invoice.paid", eventId: "evt-1", payload },
      { withContent: true },
    );
    await svix.message.create(uid, { eventType: "invoice.sent", payload });
    expect(message).toMatchObject({ eventType: "invoice.paid", eventId: "evt-1", payload });
    expect(message.timestamp).toBeInstanceOf(Date);
    await expect.poll(() => sent().length, soon).toBe(1);
    const [request] = sent();
    expect(request?.body).toBe(JSON.stringify(payload));
    expect(request?.headers["content-type"]).toBe("application/json");
    expect(request?.headers["svix-id"]).toBe(message.id);
    expect(Object.keys(request?.headers ?? {}).filter((name) => name.startsWith("ce-"))).toEqual(
      [],
    );
    const { key } = await svix.endpoint.getSecret(uid, endpoint.id);
    const headers = request?.headers as Record<string, string>;
    expect(new Webhook(key).verify(request?.body ?? "", headers)).toEqual(payload);
  });

  test("an endpoint keeps the secret that it was given, and a new one signs beside it", async () => {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const app = await svixApplication(major, hub, target, "secret", { secret });
    const { svix, uid, endpoint, sent } = app;
    expect((await svix.endpoint.getSecret(uid, endpoint.id)).key).toBe(secret);
    await svix.endpoint.rotateSecret(uid, endpoint.id, {});
    const { key } = await svix.endpoint.getSecret(uid, endpoint.id);
    expect(key).not.toBe(secret);
    await svix.message.create(uid, { eventType: "a", payload: {} });
    await expect.poll(() => sent().length, soon).toBe(1);
    const [request] = sent();
    const headers = request?.headers as Record<string, string>;
    for (const one of [secret, key])
      expect(new Webhook(one).verify(request?.body ?? "", headers)).toEqual({});
    const chosen = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    await svix.endpoint.rotateSecret(uid, endpoint.id, { key: chosen });
    expect((await svix.endpoint.getSecret(uid, endpoint.id)).key).toBe(chosen);
  });

  test("an endpoint with channels takes messages that share one; tags are kept and shown", async () => {
    const { svix, uid, sent } = await svixApplication(major, hub, target, "channels", {
      channels: ["project_1", "eu:all"],
    });
    const create = (channels: string[] | null, n: number) =>
      svix.message.create(uid, { eventType: "a", channels, tags: ["t/1"], payload: { n } });
    await create(["project_2"], 1);
    await create(null, 2);
    const shared = await create(["project_2", "eu:all"], 3);
    expect(shared).toMatchObject({ channels: ["project_2", "eu:all"], tags: ["t/1"] });
    await expect.poll(() => sent().map(({ body }) => body), soon).toEqual(['{"n":3}']);
    expect(await svix.message.get(uid, shared.id)).toEqual(shared);
    const listed = await svix.message.list(uid, { channel: "project_2", withContent: true });
    expect(listed.data.map(({ payload }) => payload)).toEqual([{ n: 3 }, { n: 1 }]);
  });

  test("an eventId is unique in its application, and a repeated request with its key is one message", async () => {
    const { svix, uid } = await svixApplication(major, hub, target, "unique");
    const message = { eventType: "a", eventId: "once", payload: { n: 1 } };
    const idempotencyKey = `key-${major}`;
    const first = await svix.message.create(uid, message, { idempotencyKey });
    const again = await svix.message.create(uid, message, { idempotencyKey });
    expect(again).toEqual(first);
    expect(await svix.message.get(uid, "once")).toEqual(first);
    await expect(svix.message.create(uid, message)).rejects.toMatchObject({
      code: 409,
      body: { code: "conflict", detail: expect.stringContaining("once") },
    });
    const other = await svixApplication(major, hub, target, "unique-other");
    expect((await svix.message.create(other.uid, message)).id).not.toBe(first.id);
    expect((await svix.message.list(uid)).data).toHaveLength(1);
  });

  test("messages are listed in pages, newest first, without their payloads when asked to", async () => {
    const { svix, uid } = await svixApplication(major, hub, target, "listed");
    for (let n = 0; n < 5; n++)
      await svix.message.create(uid, { eventType: n % 2 ? "odd" : "even", payload: { n } });
    const numbers: number[] = [];
    let iterator: string | null = null;
    for (let done = false; !done; ) {
      const page: Awaited<ReturnType<typeof svix.message.list>> = await svix.message.list(uid, {
        ...{ limit: 2, withContent: true, ...(iterator !== null && { iterator }) },
      });
      numbers.push(...page.data.map(({ payload }) => payload.n));
      ({ done, iterator } = page);
    }
    expect(numbers).toEqual([4, 3, 2, 1, 0]);
    const odd = await svix.message.list(uid, { eventTypes: ["odd"], withContent: false });
    expect(odd.data.map(({ payload }) => payload)).toEqual([{}, {}]);
  });
});
