import { beforeAll, beforeEach, expect, test } from "vitest";
import { type Action, actionFields, press } from "../fixtures/actions.ts";
import { type DoorCall, doorCall } from "../fixtures/doorCall.ts";
import { eventCount } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

type Logged = {
  type: string;
  name: string;
  avatar: string | null;
  category: string | null;
  contentType: string;
  content: unknown;
  userId: string | null;
  contextId: string | null;
  receivedAt: string;
  actions: Action[];
};

let hub: TestHub;
let call: DoorCall;
let server: Receiver;
beforeAll(async () => {
  server = await receiver();
  hub = await testHub();
  call = doorCall(hub);
  return async () => {
    await hub[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
});
beforeEach(() => {
  server.answer = status(200);
  server.requests.length = 0;
});

const log = (body: unknown, key?: string) =>
  call("POST", "/api/v1/log", body, { ...(key && { key }) });

/** Logs an event that must be taken; gives it back as it is stored. */
async function logged(body: unknown): Promise<Logged> {
  const answer = await log(body);
  expect(answer).toEqual({ status: 201, body: { message: "success", id: expect.any(String) } });
  const { event } = await hub.run<{ event: Logged }>(
    `query ($id: ID!) { event(id: $id) { type name avatar category contentType content userId contextId receivedAt
      actions { ${actionFields} } } }`,
    { id: answer.body.id },
  );
  return event;
}
const minutesOf = ({ actions: [action], receivedAt }: Logged) =>
  Math.round((Date.parse(action?.expiresAt ?? "") - Date.parse(receivedAt)) / 60_000);
const withAction = (action: object) => ({
  name: "some event",
  actions: [{ url: `${server.url}/ops`, buttonText: "Press me", key: "press_me", ...action }],
});

/** The document's four events. */
const first = {
  name: "a critical event",
  avatar: "🤖",
  actions: [{ url: "https://webhook.site", buttonText: "Press me" }],
};
const link = {
  name: "a critical event",
  avatar: "🤖",
  actions: [{ url: "https://stripe.com", external: true, buttonText: "Press me" }],
};
const whole = () => ({
  name: "some event",
  avatar: "🤖",
  type: "rows",
  actions: [
    {
      url: `${server.url}/api/someroute`,
      buttonText: "Press me",
      key: "press_me",
      external: false,
      expireIn: 10080,
      meta: { name: "Shash", id: 1 },
    },
  ],
});
const ban = () => ({
  name: "some event",
  avatar: "🤖",
  type: "rows",
  actions: [{ url: `${server.url}/ban`, buttonText: "Ban user", key: "ban_user", expireIn: 120 }],
});

test("S0.1, S0.7: of the document's events the first, without key or external, is refused in the words of the original", async () => {
  const before = await eventCount(hub);
  expect(await log(first)).toEqual({
    status: 400,
    body: { message: "Action needs to have a key or be marked as external" },
  });
  expect(await eventCount(hub)).toBe(before);
  expect(await logged(link)).toMatchObject({
    ...{ type: "a critical event", name: "a critical event", avatar: "🤖", contentType: "TEXT" },
    actions: [{ url: "https://stripe.com", external: true, key: null }],
  });
});

test("S0.2, S0.10, S0.11, S0.12, S0.13: its third event has a button that posts its meta to its url, and is complete with 200", async () => {
  const { actions, contentType } = await logged(whole());
  expect(contentType).toBe("ROWS");
  const { action } = await press(hub, actions[0]?.id ?? "");
  expect(action).toMatchObject({ status: "COMPLETE" });
  const [request] = server.requests;
  expect(request).toMatchObject({ method: "POST", path: "/api/someroute" });
  expect(JSON.parse(request?.body ?? "")).toMatchObject({
    actionType: "press_me",
    data: { name: "Shash", id: 1 },
  });
  // 202 is no completion, though it is 2xx.
  server.answer = status(202);
  const [again] = (await logged(withAction({ meta: "a string" }))).actions;
  expect((await press(hub, again?.id ?? "")).action).toMatchObject({ status: "PENDING" });
  expect(JSON.parse(server.requests[1]?.body ?? "")).toMatchObject({ data: "a string" });
});

test("S0.9, S0.15: a button can be pressed for expireIn minutes: 120 as in its fourth event, 10080 by default, 43200 at most", async () => {
  expect(minutesOf(await logged(ban()))).toBe(120);
  expect(minutesOf(await logged(withAction({})))).toBe(10_080);
  expect(minutesOf(await logged(withAction({ expireIn: 43_200 })))).toBe(43_200);
});

test("S0.3, S0.8: an external button is a link that calls nothing; without external a button calls", async () => {
  const { actions } = await logged(withAction({ external: true }));
  const { userErrors } = await press(hub, actions[0]?.id ?? "");
  expect(userErrors.map(({ code }) => code)).toEqual(["ACTION_EXTERNAL"]);
  expect(server.requests).toEqual([]);
  const { actions: others } = await logged(withAction({ external: null }));
  expect(others).toMatchObject([{ external: false }]);
});

test("S0.4: an event has several buttons in their order, and Operational's other fields have their place", async () => {
  const event = await logged({
    name: "user reported",
    avatar: "https://example.com/a.png",
    type: "json",
    content: { rows: [1, 2] },
    category: "abuse",
    userId: 42,
    contextId: "report-7",
    contextStart: true,
    notify: true,
    muted: false,
    test: false,
    actions: [
      { url: `${server.url}/a`, buttonText: "A", key: "a", type: "danger", repeat: true },
      { url: `${server.url}/b`, buttonText: "B", key: "b", type: "important" },
      { url: `${server.url}/c`, buttonText: "C", key: "c" },
    ],
  });
  expect(event).toMatchObject({
    ...{ category: "abuse", contentType: "JSON", content: { rows: [1, 2] } },
    ...{ userId: "42", contextId: "report-7", avatar: "https://example.com/a.png" },
    actions: [
      { key: "a", style: "DANGER", repeat: true },
      { key: "b", style: "IMPORTANT", repeat: false },
      { key: "c", style: "DEFAULT" },
    ],
  });
  for (const [type, contentType] of Object.entries({ map: "JSON", image: "IMAGE", text: "TEXT" }))
    expect(await logged({ name: type, type, content: "x" })).toMatchObject({ contentType });
});

test("S0.5, S0.6, S0.7, S0.9, S0.10: what is wrong with an event or a button is told, each in its own words, and nothing is stored", async () => {
  const before = await eventCount(hub);
  const wrong: [body: unknown, message: string][] = [
    [withAction({ url: undefined }), "field 'actions.0.url' is required"],
    [withAction({ url: "javascript:alert(1)" }), "field 'actions.0.url' must be an absolute http"],
    [withAction({ url: "http://10.0.0.1/" }), "10.0.0.1"],
    [withAction({ buttonText: undefined }), "field 'actions.0.buttonText' is required"],
    [
      withAction({ buttonText: "x".repeat(49) }),
      "field 'actions.0.buttonText' must have at most 48",
    ],
    [withAction({ key: "" }), "Action needs to have a key or be marked as external"],
    [withAction({ key: 1 }), "field 'actions.0.key' must be a string, not 1"],
    [withAction({ external: "false" }), "field 'actions.0.external' must be true or false"],
    [
      withAction({ expireIn: 43_201 }),
      "field 'actions.0.expireIn' must be a whole number of minutes",
    ],
    [withAction({ expireIn: 0 }), "field 'actions.0.expireIn' must be a whole number of minutes"],
    [withAction({ expireIn: "120" }), "field 'actions.0.expireIn' must be a number, not \"120\""],
    [withAction({ meta: [1] }), "field 'actions.0.meta' must be null, a string or an object"],
    [
      withAction({ type: "loud" }),
      "field 'actions.0.type' must be one of default, important, danger",
    ],
    [withAction({ label: "x" }), "field 'actions.0.label' is unknown"],
    [{ name: "a", actions: {} }, "field 'actions' must be a list"],
    [{ name: "a", actions: [null] }, "field 'actions.0' must be an object, not null"],
    [{ avatar: "🤖" }, "field 'name' is required"],
    [{ name: "" }, "field 'name' must not be empty"],
    [{ name: "a", type: "video" }, "field 'type' must be one of text, rows, json, image, map"],
    [{ name: "a", type: "rows", content: "no list" }, "field 'content' must be an array of rows"],
    [{ name: "a", action: [] }, "field 'action' is unknown; known are name, avatar"],
    [{ name: "a", notify: "yes" }, "field 'notify' must be true or false"],
    ["[]", "the body must be an object"],
    ["{", "The body is not valid JSON."],
  ];
  for (const [body, message] of wrong)
    expect(await log(body)).toEqual({
      status: 400,
      body: { message: expect.stringContaining(message) },
    });
  const twice = withAction({}).actions;
  const answer = await log({ name: "a", actions: [...twice, ...twice] });
  expect(answer.body.message).toContain("keys are unique in an event");
  const { key: viewer } = await keyOf(hub, "VIEWER");
  expect((await log(link, viewer)).status).toBe(403);
  expect((await log(link, `${hub.key}x`)).status).toBe(401);
  const text = await call("POST", "/api/v1/log", ":) user signed up", {
    headers: { "content-type": "text/plain" },
  });
  expect([text.status, text.body.message]).toEqual([
    415,
    expect.stringContaining("application/json"),
  ]);
  expect(await eventCount(hub)).toBe(before);
});
