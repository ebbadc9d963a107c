import { expect, test } from "vitest";
import { testHub } from "../fixtures/hub.ts";
import { receiver, statuses } from "../fixtures/receiver.ts";

test("an emitted event reaches the hook that matches it", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  await hub.run(
    `mutation ($url: String!) { registerHook(input: { url: $url, types: ["ticket.*"] }) { userErrors { message } } }`,
    { url: `${target.url}/in?x=1` },
  );
  const { emitEvent } = await hub.run<{ emitEvent: { event: { id: string; status: string } } }>(
    `mutation { emitEvent(input: { type: "ticket.created", data: { title: "Broken" }, waitMs: 10000 }) { event { id status } } }`,
  );
  expect(emitEvent.event.status).toBe("PROCESSED");
  expect(target.requests).toHaveLength(1);
  expect(target.requests[0]?.path).toBe("/in?x=1");
  expect(target.requests[0]?.headers["webhook-id"]).toBe(emitEvent.event.id);
  expect(Object.keys(JSON.parse(target.requests[0]?.body ?? ""))).toEqual([
    "specversion",
    "id",
    "type",
    "source",
    "time",
    "data",
  ]);
});

test("a failed delivery is tried again on its schedule, with the same id and the same bytes", async () => {
  await using target = await receiver(statuses(500, 503, 200));
  await using hub = await testHub();
  await hub.run(
    `mutation ($url: String!) { registerHook(input: { url: $url, types: ["a"], retryScheduleMs: [200, 400] }) { userErrors { message } } }`,
    { url: target.url },
  );
  const { emitEvent } = await hub.run<{ emitEvent: { event: { status: string } } }>(
    `mutation { emitEvent(input: { type: "a", waitMs: 10000 }) { event { status } } }`,
  );
  expect(emitEvent.event.status).toBe("PROCESSED");
  const [first, second, third] = target.requests;
  expect(target.requests).toHaveLength(3);
  expect(new Set(target.requests.map(({ body }) => body)).size).toBe(1);
  expect(new Set(target.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  expect(target.requests.map(({ headers }) => headers["signalbox-attempt"])).toEqual([
    "1",
    "2",
    "3",
  ]);
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(155);
  expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(315);
});
