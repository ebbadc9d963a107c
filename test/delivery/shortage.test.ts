import { expect, test } from "vitest";
import { createGuard } from "../../src/outbound/address/addressGuard.ts";
import { checkTarget } from "../../src/outbound/address/checkTarget.ts";
import { HubFailure } from "../../src/outbound/call/hubFailure.ts";
import { createPoster } from "../../src/outbound/call/post.ts";
import { button, press } from "../fixtures/actions.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { accepted } from "../fixtures/emit.ts";
import { cannotCountFiles, takeAllFiles, withFewFiles } from "../fixtures/fewFiles.ts";
import { hubProcess, installation } from "../fixtures/process.ts";
import { receiver } from "../fixtures/receiver.ts";

const soon = { timeout: 30_000 };

test.skipIf(cannotCountFiles() !== null)(
  "a process without file descriptors counts no try: deliveries, presses and handshakes wait, and go out later",
  async () => {
    await using target = await receiver((request, response) => {
      const secret = request.headers["x-hook-secret"];
      response.writeHead(200, secret ? { "x-hook-secret": secret } : {}).end();
    });
    await using database = await freshDatabase();
    const site = installation({ DATABASE_URL: database.url });
    await using api = await hubProcess(site, { SIGNALBOX_ROLES: "api" });
    await using worker = await hubProcess(site, { SIGNALBOX_ROLES: "worker" }, withFewFiles);
    const register = async (input: object) => {
      const { registerHook } = await api.run<{ registerHook: { hook: { id: string } } }>(
        "mutation ($input: RegisterHookInput!) { registerHook(input: $input) { hook { id } } }",
        { input: { url: target.url, types: ["a"], retries: 0, ...input } },
      );
      return registerHook.hook.id;
    };
    await register({});
    const letGo = takeAllFiles(worker);
    const verified = await register({ types: ["b"], verification: "HOOK_SECRET" });
    const { id } = await accepted<{ id: string }>(api, { type: "a" });
    const { id: actionId } = await button(api, target.url, {}, { type: "c" });
    const pressed = await press(api, actionId, { waitMs: 0 });
    await expect.poll(() => worker.output, soon).toContain("out of file descriptors");
    const attempts = await database.db.sql`select 1 from signalbox.attempts`;
    expect([attempts.length, target.requests.length]).toEqual([0, 0]);
    letGo();

    type Ended = {
      event: { deliveries: { nodes: { status: string; attemptCount: number }[] } };
      action: { presses: { nodes: { id: string; status: string }[] } };
      hook: { status: string };
    };
    const ended = () =>
      api.run<Ended>(
        `query ($id: ID!, $actionId: ID!, $hookId: ID!) {
          event(id: $id) { deliveries { nodes { status attemptCount } } }
          action(id: $actionId) { presses { nodes { id status } } }
          hook(id: $hookId) { status }
        }`,
        { id, actionId, hookId: verified },
      );
    await expect.poll(ended, soon).toEqual({
      event: { deliveries: { nodes: [{ status: "SUCCEEDED", attemptCount: 1 }] } },
      action: { presses: { nodes: [{ id: pressed.press?.id, status: "SUCCEEDED" }] } },
      hook: { status: "ACTIVE" },
    });
  },
);

const lacking = (code: string, over: object = {}) => ({
  resolve: () => Promise.reject(Object.assign(new Error(code), { code, ...over })),
});
const guard = createGuard({ allow: [] });

test.each(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL"])(
  "%s is no answer of the target's: the call is not made, and a check asks to try again",
  async (code) => {
    const resolver = lacking(code);
    await using poster = createPoster({ guard, resolver, userAgent: "x", requireHttps: false });
    const call = { url: "http://any.example/", headers: {}, body: "", timeoutMs: 5_000 };
    await expect(poster.post(call)).rejects.toThrow(HubFailure);
    await expect(
      checkTarget(guard, resolver, "http://any.example/", { requireHttps: false }),
    ).rejects.toMatchObject({
      name: "Overloaded",
      message: expect.stringMatching(/try again in 1 s/i),
    });
  },
);

test("a machine without IPv6 cannot call an IPv6 address, which is a failed try", async () => {
  const resolver = lacking("EADDRNOTAVAIL", { address: "2606:4700::1" });
  await using poster = createPoster({ guard, resolver, userAgent: "x", requireHttps: false });
  const call = { url: "http://any.example/", headers: {}, body: "", timeoutMs: 5_000 };
  expect((await poster.post(call)).outcome).toBe("CONNECTION_ERROR");
});
