import { expect, test } from "vitest";
import { actionOf, button, press } from "../fixtures/actions.ts";
import { registerHook } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver, statuses } from "../fixtures/receiver.ts";
import { setSystemEvents, systemEvents, systemEventsOf } from "../fixtures/systemEvents.ts";

const eventOf = async (hub: Awaited<ReturnType<typeof testHub>>, id: string) => {
  const { action } = await hub.run<{ action: { event: { id: string } } }>(
    "query ($id: ID!) { action(id: $id) { event { id } } }",
    { id },
  );
  return action.event.id;
};

test("S1.10: the call of a press leaves a webhook_called too, for the hooks that name it, when the project asks", async () => {
  await using target = await receiver(statuses(409, 200));
  await using listener = await receiver();
  await using hub = await testHub();
  const { id: silent } = await button(hub, target.url);
  await press(hub, silent);
  expect(await systemEvents(hub)).toEqual([]);

  await setSystemEvents(hub, true);
  await registerHook(hub, { url: listener.url, types: ["webhook_called"] });
  const { id } = await button(hub, `${target.url}/ban?x=1`, { meta: "why" });
  const { press: ended } = await press(hub, id);
  expect(ended?.status).toBe("SUCCEEDED");
  const said = await systemEventsOf(hub, await eventOf(hub, id), ["webhook_called"]);
  expect(said).toHaveLength(1);
  expect(said[0]?.data).toMatchObject({
    url: `${target.url}/ban?x=1`,
    status: "success",
    status_code: 200,
    request: expect.stringMatching(
      /^POST \/ban\?x=1 HTTP\/1\.1\r\n[\s\S]+"actionType":"ban","data":"why"/,
    ),
    response: expect.stringMatching(/^HTTP\/1\.1 200 OK\r\n/),
  });
  expect(said[0]?.data.resthook).toBeUndefined();
  await expect.poll(() => listener.requests.length, { timeout: 60_000 }).toBe(1);
  expect((await actionOf(hub, id)).status).toBe("COMPLETE");
});

test("a press whose project's configuration changes while it is in flight ends, and is told once", async () => {
  let answer = () => {};
  await using target = await receiver((_request, response) => {
    answer = () => response.end();
  });
  await using hub = await testHub();
  await setSystemEvents(hub, true);
  const { id } = await button(hub, target.url);
  await press(hub, id, { waitMs: 0 });
  await expect.poll(() => target.requests.length, { timeout: 60_000 }).toBe(1);
  const changes = Array.from({ length: 10 }, () => setSystemEvents(hub, true));
  answer();
  await Promise.all(changes);
  await expect
    .poll(async () => (await actionOf(hub, id)).status, { timeout: 60_000 })
    .toBe("COMPLETE");
  expect(await systemEventsOf(hub, await eventOf(hub, id), ["webhook_called"])).toHaveLength(1);
});
