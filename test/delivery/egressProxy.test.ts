import { expect, test } from "vitest";
import { button, press } from "../fixtures/actions.ts";
import { connectProxy } from "../fixtures/connectProxy.ts";
import { deliveryOf, emit, hookOf, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import { client, tokenServer } from "../fixtures/tokenServer.ts";

test("everything that the hub calls goes through the egress proxy, and while it lets nobody through nothing counts as a try", async () => {
  await using target = await receiver((request, response) => {
    const secret = request.headers["x-hook-secret"];
    response.writeHead(200, secret ? { "x-hook-secret": secret } : {}).end();
  });
  const first = await connectProxy();
  const { url, port } = first;
  await using hub = await testHub({ egressProxy: { http: url, https: url, except: [] } });
  const { id } = await register(hub, { url: target.url, retries: 0, verification: "HOOK_SECRET" });
  await expect.poll(async () => (await hookOf(hub, id)).status).toBe("ACTIVE");
  await emit(hub);
  const { id: actionId } = await button(hub, target.url, {}, { type: "b" });
  await press(hub, actionId);
  await using tokens = await tokenServer();
  const auth = { oauth2: { ...client, tokenUrl: tokens.url } };
  await register(hub, { url: target.url, types: ["c"], auth });
  await emit(hub, { type: "c" });
  expect(tokens.isNewest(target.requests[3]?.headers.authorization)).toBe(true);
  const hosts = [target.url, tokens.url].map((one) => new URL(one).host);
  expect(new Set(first.asked.map(({ authority }) => authority))).toEqual(new Set(hosts));
  await first[Symbol.asyncDispose]();

  const refusing = await connectProxy({ port, credentials: "other:one" });
  const event = await emit(hub, { waitMs: 0 });
  await expect.poll(() => refusing.asked.length, { timeout: 15_000 }).toBeGreaterThan(1);
  const delivery = () => deliveryOf(hub, event.id);
  expect(await delivery()).toMatchObject({ status: "PENDING", attemptCount: 0, attempts: [] });
  await refusing[Symbol.asyncDispose]();

  await using again = await connectProxy({ port });
  await expect.poll(delivery, { timeout: 15_000 }).toMatchObject({
    ...{ status: "SUCCEEDED", attemptCount: 1 },
    attempts: [{ outcome: "SUCCESS", error: null, remoteAddress: "127.0.0.1" }],
  });
  expect(again.asked.length).toBe(1);
});
