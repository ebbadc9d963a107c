import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type DoorCall, doorCall } from "../fixtures/doorCall.ts";
import { accepted, eventCount, registerHook } from "../fixtures/emit.ts";
import { change } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";
import { tenantOf } from "../fixtures/tenant.ts";
import {
  install,
  registerType,
  released,
  slackStep,
  ticket,
  ticketSchema,
} from "../fixtures/workflows.ts";

const NAME = "Ticket Created";
const USER = "10101010101010";
const RUN = "/2023-12/run/event";
const triggered = { message: "Event successfully triggered", eventId: expect.any(String) };

let hub: TestHub;
let call: DoorCall;
let slack: Receiver;
beforeAll(async () => {
  slack = await receiver();
  hub = await testHub();
  call = doorCall(hub);
  await registerType(hub, NAME, ticketSchema);
  const workflowId = await released(hub, { eventType: NAME, steps: [slackStep] });
  await install(hub, workflowId, { slackUrl: slack.url }, USER);
  return async () => {
    await hub[Symbol.asyncDispose]();
    await slack[Symbol.asyncDispose]();
  };
});
beforeEach(() => {
  slack.requests.length = 0;
});
const messages = () => slack.requests.map(({ body }) => JSON.parse(body).text);
const message = "String of contact@runalloy.com: I'm excited to buy Alloy Embedded!";

/** As the document prints it. Its apostrophe ends the shell's quotation, so that is written as the shell has it. */
const example = String.raw`curl --request POST \
--url https://embedded.runalloy.com/2023-12/run/event \
--header 'Authorization: bearer YOUR_API_KEY' \
--header 'accept: application/json' \
--header 'content-type: application/json' \
--data '{
"event": "Ticket Created",
"userId": "10101010101010",
"data": {
"ticketName": "String",
"customerEmail": "contact@runalloy.com",
"description": "I'm excited to buy Alloy Embedded!"
}
}'`.replace("I'm", String.raw`I'\''m`);

test("S2.1, S2.4, S2.5, S2.7, S2.8: the document's curl, but for host and key, runs the workflow of its user", async () => {
  const command = example
    .replace("https://embedded.runalloy.com", hub.url)
    .replace("YOUR_API_KEY", hub.key);
  const { stdout } = await promisify(execFile)("bash", ["-c", command]);
  expect(JSON.parse(stdout)).toEqual(triggered);
  await expect.poll(messages).toEqual([message]);
});

type Alloy = {
  identify(user: string): Promise<void>;
  event(name: string, data: unknown): Promise<unknown>;
  getUser(user: string): Promise<unknown>;
  run(workflow: string, data: unknown): Promise<unknown>;
  userId: string | null;
};
const here = createRequire(import.meta.url);

/** The client's host is written in its code: what its users can change is the axios that it requires, or its proxy. */
const toHub: Record<string, () => () => void> = {
  "an interceptor of axios": () => {
    const { interceptors } = createRequire(here.resolve("alloy-node"))("axios");
    const added = interceptors.request.use((request: { url: string }) => ({
      ...request,
      url: request.url.replace("https://embedded.runalloy.com", hub.url),
    }));
    return () => interceptors.request.eject(added);
  },
  https_proxy: () => {
    vi.stubEnv("https_proxy", hub.url);
    vi.stubEnv("no_proxy", "");
    return () => vi.unstubAllEnvs();
  },
};

test.each(Object.entries(toHub))(
  "S2.2, S2.6, S2.9: alloy-node, led here by %s, identifies a user and runs events, each of them once",
  async (_how, lead) => {
    const Client: new (key: string) => Alloy = here("alloy-node");
    const restore = lead();
    try {
      const { key } = await keyOf(hub, "EMITTER");
      const client = new Client(key);
      await client.identify(USER);
      expect(client.userId).toBe(USER);
      for (const ticketName of ["One", "Two"])
        expect(await client.event(NAME, { ...ticket, ticketName })).toEqual(triggered);
      await expect
        .poll(() => messages().sort())
        .toEqual([message.replace("String", "One"), message.replace("String", "Two")]);
      expect(await client.getUser(USER)).toEqual({ userId: USER, username: USER });
      // It throws the text of the answer.
      await expect(client.event(NAME, {})).rejects.toContain("field 'ticketName' is required");
      await expect(client.identify("nobody")).rejects.toContain("there is no user 'nobody'");
      await expect(client.event(NAME, ticket)).rejects.toContain("field 'userId' must be a string");
      await expect(client.run("w", {})).rejects.toContain("serves POST /{version}/run/event");
    } finally {
      restore();
    }
  },
);

test("S2.3, S2.8: a mistake is told by a message that names the field, and nothing is stored", async () => {
  const good = { event: NAME, userId: USER, data: ticket };
  const before = await eventCount(hub);
  const refused = async (body: unknown, status: number, text: string) => {
    const answer = await call("POST", RUN, body);
    expect(answer).toEqual({ status, body: { message: expect.stringContaining(text) } });
  };
  await refused({ ...good, event: undefined }, 422, "field 'event' is required");
  await refused({ ...good, event: 1 }, 422, "field 'event' must be a string, not 1");
  await refused({ ...good, event: "Ticket Closed" }, 422, "unknown type: 'Ticket Closed'");
  await refused({ ...good, event: "" }, 422, "unknown type: ''");
  await refused({ ...good, userId: undefined }, 422, "field 'userId' is required");
  await refused({ ...good, userId: "" }, 422, "field 'userId' must not be empty");
  await refused({ ...good, userId: 1.5 }, 422, "field 'userId' must be a string, not 1.5");
  await refused({ ...good, userId: [USER] }, 422, "field 'userId' must be a string");
  await refused({ ...good, data: { ...ticket, ticketName: 1 } }, 422, "ticketName");
  await refused({ ...good, data: undefined }, 422, "data");
  await refused({ ...good, user: USER }, 422, "field 'user' is unknown; known are event, userId");
  await refused([good], 422, "the body must be an object");
  await refused("null", 422, "the body must be an object, not null");
  await refused("{", 400, "The body is not valid JSON.");
  await refused("", 400, "The body is not valid JSON.");
  expect(await eventCount(hub)).toBe(before);
});

test("a userId that is a number is its digits, and data keeps them too", async () => {
  await registerType(hub, "Numbers");
  const body = '{"event":"Numbers","userId":9007199254740993,"data":{"n":9007199254740993}}';
  expect((await call("POST", "/2024-03/run/event", body)).status).toBe(200);
  const { events } = await hub.run<{ events: { nodes: { userId: string; data: object }[] } }>(
    '{ events(types: ["Numbers"]) { nodes { userId data } } }',
  );
  expect(events.nodes.map(({ userId }) => userId)).toEqual(["9007199254740993"]);
  expect((await call("GET", "/2024-03/users/9007199254740993")).status).toBe(200);
});

test("a user is known by an event, a hook or an installation of the same project", async () => {
  const known = async (name: string, key?: string) =>
    (
      await call("GET", `/2023-01/users/${encodeURIComponent(name)}`, undefined, {
        ...(key && { key }),
      })
    ).status;
  const ofHook = await registerHook(hub, { url: slack.url, types: ["none"], userId: "by hook" });
  await accepted(hub, { type: "none", userId: "by event/ü" });
  const stranger = await tenantOf(hub);
  for (const name of ["by hook", "by event/ü", USER]) {
    expect([await known(name), await known(name, stranger.key)]).toEqual([200, 404]);
  }
  await change(hub, "deleteHook", ofHook);
  expect(await known("by hook")).toBe(404);
  expect([await known("BY EVENT/ü"), await known("x".repeat(2_000))]).toEqual([404, 404]);
  const { body } = await call("GET", "/2023-12/users/nobody");
  expect(body.message).toContain("there is no user 'nobody'");
  const { key: viewer } = await keyOf(hub, "VIEWER");
  expect(await known(USER, viewer)).toBe(200);
});

test("S2.7, S2.10: only a key that may emit runs an event, and only of its own project", async () => {
  const body = { event: NAME, userId: USER, data: ticket };
  const { key: viewer } = await keyOf(hub, "VIEWER");
  expect(await call("POST", RUN, body, { key: viewer })).toEqual({
    status: 403,
    body: {
      message: "POST /2023-12/run/event needs the role ADMIN or EMITTER; this key has VIEWER.",
    },
  });
  const unknown = await call("POST", RUN, body, { key: "sbx_unknown_key_of_somebody" });
  expect(unknown.status).toBe(401);
  expect(unknown.body.message).toContain("unknown or has been revoked");
  const stranger = await tenantOf(hub);
  const answer = await call("POST", RUN, body, { key: stranger.key });
  expect(answer).toEqual({ status: 422, body: { message: `unknown type: '${NAME}'` } });
  expect(slack.requests).toEqual([]);
});

test("what of Alloy's API is not served says so, and a path without a version is nobody's", async () => {
  for (const path of ["/2023-12/run/workflow", "/2023-01/users", "/2023-06/workflows/1/versions"]) {
    const { status, body } = await call("POST", path, {});
    expect([status, body.message]).toEqual([501, expect.stringContaining("users/{name}")]);
  }
  expect((await call("GET", RUN)).status).toBe(405);
  expect((await call("POST", "/12/run/event", {})).status).toBe(404);
  expect((await call("POST", "/run/event", {})).status).toBe(404);
});
