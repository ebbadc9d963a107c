import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { update } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";
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
  test("attempts tell what the endpoint answered; a message that failed is sent again, and recovered", async () => {
    const app = await svixApplication(major, hub, target, "attempts");
    const { svix, uid, path, endpoint } = app;
    // What failed is tried again when it is asked for, not meanwhile.
    expect(await update(hub, endpoint.id, { retryScheduleMs: [86_400_000] })).toEqual([]);
    target.answer = (request, response) =>
      request.path === path ? status(503)(request, response) : status(200)(request, response);
    const since = new Date();
    const failed = await svix.message.create(uid, { eventType: "a", payload: { n: 1 } });
    const lost = await svix.message.create(uid, { eventType: "b", payload: { n: 2 } });
    const attemptsOf = async () =>
      (
        await svix.messageAttempt.listByEndpoint(uid, endpoint.id, {
          withMsg: true,
          withContent: true,
        })
      ).data;
    await expect.poll(async () => (await attemptsOf()).length, soon).toBe(2);
    const [attempt] = (await svix.messageAttempt.listByMsg(uid, failed.id, { withContent: true }))
      .data;
    expect(attempt).toMatchObject({
      ...{ msgId: failed.id, endpointId: endpoint.id, url: target.url + path, status: 2 },
      ...{ statusText: "fail", responseStatusCode: 503, response: "status 503", triggerType: 0 },
    });
    expect((await attemptsOf()).map(({ msg }) => msg?.payload)).toEqual([{ n: 2 }, { n: 1 }]);
    expect(await svix.messageAttempt.get(uid, failed.id, attempt?.id ?? "")).toEqual(attempt);
    const [destination] = (await svix.messageAttempt.listAttemptedDestinations(uid, failed.id))
      .data;
    expect(destination).toMatchObject({ id: endpoint.id, status: 1, statusText: "pending" });
    expect(destination?.nextAttempt).toBeInstanceOf(Date);
    const messages = await svix.messageAttempt.listAttemptedMessages(uid, endpoint.id);
    expect(messages.data.map(({ id }) => id)).toEqual([lost.id, failed.id]);
    expect(await svix.endpoint.getStats(uid, endpoint.id)).toMatchObject({
      pending: 2,
      success: 0,
    });

    target.answer = status(200);
    await svix.messageAttempt.resend(uid, failed.id, endpoint.id);
    await expect
      .poll(async () => (await attemptsOf()).filter((one) => one.status === 0).length, soon)
      .toBe(1);
    const recovery = await svix.endpoint.recover(uid, endpoint.id, { since });
    expect(recovery).toMatchObject({ task: "endpoint.recover", status: "running" });
    await expect
      .poll(async () => (await attemptsOf()).filter((one) => one.status === 0).length, soon)
      .toBe(2);
    const byStatus = await svix.messageAttempt.listByEndpoint(uid, endpoint.id, { status: 2 });
    expect(byStatus.data).toHaveLength(2);
    expect(await svix.endpoint.getStats(uid, endpoint.id)).toMatchObject({ success: 2, fail: 0 });
    const pages: string[] = [];
    let page = await svix.messageAttempt.listByEndpoint(uid, endpoint.id, { limit: 3 });
    pages.push(...page.data.map(({ id }) => id));
    expect(page.done).toBe(false);
    page = await svix.messageAttempt.listByEndpoint(uid, endpoint.id, {
      ...{ limit: 3, iterator: page.iterator ?? "" },
    });
    pages.push(...page.data.map(({ id }) => id));
    expect(page.done).toBe(true);
    expect(pages).toEqual((await attemptsOf()).map(({ id }) => id));
  });

  test("an example of an event type goes to one endpoint alone, whatever types that takes", async () => {
    const kind = openSvix(major, hub).only("order.paid");
    const { svix, uid, url, endpoint, sent } = await svixApplication(
      ...([major, hub, target, "example", kind] as const),
    );
    await svix.endpoint.create(uid, { url: `${url}/other` });
    const eventType = `order.sent-${major}`;
    const example = { id: 7, total: 1.5 };
    const schemas = { "1": { type: "object", examples: [example] } };
    await svix.eventType.create({ name: eventType, description: "Sent", schemas });
    const message = await svix.endpoint.sendExample(uid, endpoint.id, { eventType });
    expect(message).toMatchObject({ eventType, payload: example });
    await expect
      .poll(() => sent().map(({ body }) => body), soon)
      .toEqual([JSON.stringify(example)]);
    const destinations = await svix.messageAttempt.listAttemptedDestinations(uid, message.id);
    expect(destinations.data.map(({ id }) => id)).toEqual([endpoint.id]);
    const { event } = await hub.run<{ event: { why: object[] } }>(
      "query ($id: ID!) { event(id: $id) { why { hook { id } reason } } }",
      { id: message.id },
    );
    expect(event.why).toEqual([{ hook: { id: endpoint.id }, reason: "MATCHED" }]);
    await expect(
      svix.endpoint.sendExample(uid, endpoint.id, { eventType: "order.paid" }),
    ).rejects.toMatchObject({ code: 422, body: { detail: [{ loc: ["body", "eventType"] }] } });
  });

  test("what is wrong is told as the SDK reads it: 401, 404, 422 and 501", async () => {
    const { svix, uid } = await svixApplication(major, hub, target, "errors");
    const foreign = openSvix(major, { url: hub.url, key: "x".repeat(40) });
    await expect(foreign.svix.application.list()).rejects.toMatchObject({
      code: 401,
      body: { code: "authentication_failed", detail: expect.any(String) },
    });
    await expect(svix.message.get(uid, "none")).rejects.toMatchObject({ code: 404 });
    await expect(svix.endpoint.create(uid, { url: "nowhere" })).rejects.toMatchObject({
      code: 422,
      body: { detail: [{ loc: ["body", "url"], msg: expect.any(String), type: "value_error" }] },
    });
    await expect(svix.message.create(uid, { eventType: "a b", payload: {} })).rejects.toMatchObject(
      {
        code: 422,
        body: { detail: [{ loc: ["body", "eventType"] }] },
      },
    );
    const transformed = { eventType: "a", payload: {}, transformationsParams: { rawPayload: "x" } };
    await expect(svix.message.create(uid, transformed)).rejects.toMatchObject({ code: 501 });
    await svix.health.get();
  });
});
