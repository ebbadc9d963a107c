import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actionOf, actionsOn, button, press } from "../fixtures/actions.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const sentTo = (path: string) => target.requests.filter((request) => request.path === path);
const rotate = async () => {
  const { rotateSigningSecret } = await hub.run<{ rotateSigningSecret: { secret: string } }>(
    "mutation { rotateSigningSecret { secret } }",
  );
  return rotateSigningSecret.secret;
};

test("S0.2: pressing a button posts once to its url, and the answer of pressAction is the press that ended", async () => {
  const { id } = await button(hub, `${target.url}/once?a=1`);
  const { press: ended, action, userErrors } = await press(hub, id);
  expect(userErrors).toEqual([]);
  expect(ended).toMatchObject({
    status: "SUCCEEDED",
    pressedBy: "First key",
    error: null,
    action: { id },
    attempt: { number: 1, outcome: "SUCCESS", statusCode: 200, responseBody: "status 200" },
  });
  expect(action).toMatchObject({ id, status: "COMPLETE", lastError: null });
  expect(action?.completedAt).not.toBeNull();
  expect(sentTo("/once?a=1")).toMatchObject([{ method: "POST" }]);
  expect((await actionOf(hub, id)).presses.nodes).toEqual([ended]);
});

test("S0.4: of several buttons each calls its own url", async () => {
  const buttons = ["ban", "warn"].map((key) => ({
    url: `${target.url}/${key}`,
    buttonText: key,
    key,
  }));
  const [ban, warn] = await actionsOn(hub, buttons);
  await press(hub, warn?.id ?? "");
  expect(sentTo("/warn")).toHaveLength(1);
  expect(sentTo("/ban")).toHaveLength(0);
  expect((await actionOf(hub, ban?.id ?? "")).status).toBe("PENDING");
});

test("S0.3: an external button calls nothing: its url is in the answer, for the client to open", async () => {
  const url = `${target.url}/external#part`;
  const { id } = await button(hub, url, { external: true });
  expect(await press(hub, id)).toMatchObject({
    press: null,
    action: { id, url, status: "PENDING" },
    userErrors: [
      { code: "ACTION_EXTERNAL", message: expect.stringContaining(url), path: ["actionId"] },
    ],
  });
  expect(target.requests.filter(({ path }) => path.startsWith("/external"))).toEqual([]);
  expect((await actionOf(hub, id)).presses.nodes).toEqual([]);
});

test.each([
  ["nothing", undefined, null],
  ["a string", 'it\'s "so"\n', 'it\'s "so"\n'],
  ["an object", { name: "Shash", id: 1, none: null }, { name: "Shash", id: 1, none: null }],
])(
  "S0.10: meta that is %s arrives as it is, wherever a handler reads it",
  async (name, meta, arrives) => {
    const path = `/meta/${encodeURIComponent(name)}`;
    const event = { type: "user.reported", name: "Somebody was reported", userId: "u 1" };
    const { id } = await button(hub, target.url + path, { meta }, event);
    const { press: ended } = await press(hub, id);
    const body = JSON.parse(sentTo(path)[0]?.body ?? "");
    expect(body).toEqual({
      actionType: "ban",
      data: arrives,
      event: {
        id: expect.any(String),
        ...event,
        key: "ban",
        slug: "ban",
        meta: arrives,
        createdAt: expect.stringMatching(/^\d{4}-.+Z$/),
      },
      action: { id, key: "ban", type: "ban", buttonText: "Ban user", meta: arrives },
      press: { id: ended?.id, pressedBy: "First key", pressedAt: ended?.pressedAt },
    });
  },
);

test("the bytes of meta are those that were stored, numbers and order of keys untouched", async () => {
  const meta = { z: 1, a: 1e21, "10": "first?" };
  const { id } = await button(hub, `${target.url}/bytes`, { meta });
  await press(hub, id);
  expect(sentTo("/bytes")[0]?.body).toContain(`"data":${JSON.stringify(meta)},"event"`);
});

test("requestBody of a press is, byte for byte, what its target got", async () => {
  const { id } = await button(hub, `${target.url}/request-body`, {
    meta: { b: 1.5, a: ["ü", null] },
  });
  const { press: ended } = await press(hub, id);
  expect(ended?.requestBody).toContain('{"b":1.5,"a":["ü",null]}');
  expect(sentTo("/request-body").map(({ body }) => body)).toEqual([ended?.requestBody]);
});

test("a press is signed with every live secret of the project, under its own id", async () => {
  const secret = await rotate();
  const { id } = await button(hub, `${target.url}/signed`);
  const { press: first } = await press(hub, id);
  const next = await rotate();
  const { id: other } = await button(hub, `${target.url}/signed`);
  await press(hub, other);
  const [before, after] = sentTo("/signed");
  const headers = (request = before) => request?.headers as Record<string, string>;
  expect(headers()).toMatchObject({
    "content-type": "application/json",
    "webhook-id": first?.id,
    "user-agent": expect.stringMatching(/^signalbox\//),
  });
  const verify = (key: string, request = before) =>
    new Webhook(key).verify(request?.body ?? "", headers(request));
  expect(verify(secret)).toMatchObject({ press: { id: first?.id } });
  expect(verify(secret, after)).toMatchObject({ action: { id: other } });
  expect(verify(next, after)).toMatchObject({ action: { id: other } });
  expect(() => verify(next)).toThrow();
});

describe("what completes an action", () => {
  test.each([200, 201])("S0.12: the status %i does", async (code) => {
    await using own = await receiver(status(code));
    const { id } = await button(hub, own.url);
    expect((await press(hub, id)).press?.status).toBe("SUCCEEDED");
    expect((await actionOf(hub, id)).status).toBe("COMPLETE");
  });

  test.each([202, 203, 204, 301, 302, 400, 401, 410, 429, 500, 503])(
    "S0.12: the status %i does not, though it may be 2xx: the action can be pressed again",
    async (code) => {
      await using own = await receiver(
        status(code, { location: `${target.url}/elsewhere`, "retry-after": "0" }),
      );
      const { id } = await button(hub, own.url);
      const { press: failed, action } = await press(hub, id);
      // 204 has no body, and the original shows the target's own words otherwise.
      const error = code === 204 ? "Http status was 204" : `status ${code}`;
      expect(failed).toMatchObject({
        status: "FAILED",
        error,
        attempt: { outcome: "RESPONSE_ERROR", statusCode: code },
      });
      expect(action).toMatchObject({ status: "PENDING", completedAt: null, lastError: error });
      expect(own.requests).toHaveLength(1);
      expect(sentTo("/elsewhere")).toEqual([]);

      own.answer = status(200);
      expect((await press(hub, id)).action).toMatchObject({ status: "COMPLETE", lastError: null });
      expect(own.requests).toHaveLength(2);
    },
  );
});
