import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actionFields, actionsOn, button } from "../fixtures/actions.ts";
import { accepted, emit, emitAll, eventCount } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub({ roles: { api: true, worker: false } });
});
afterAll(() => hub[Symbol.asyncDispose]());

const URL = "http://127.0.0.1:9000/ban";
const MINUTE = 60_000;

/** The mistakes of an event with these actions, of which nothing may be left. */
async function refused(actions: object[], event: object = {}) {
  const before = await eventCount(hub);
  const answer = await emit(hub, { type: "a", ...event, actions });
  expect(answer.event).toBeNull();
  expect(await eventCount(hub)).toBe(before);
  return answer.userErrors;
}
const invalid = (path: string[], message: unknown) => ({ code: "INVALID", path, message });
const at = (field: string, problem: string) =>
  invalid(["actions", "0", field], `field 'actions.0.${field}' ${problem}`);
const ours = { url: URL, buttonText: "Ban", key: "ban" };

describe("the document's own events", () => {
  test("S0.7: the first one, printed without a key, is refused in the words of the original", async () => {
    const event = {
      name: "a critical event",
      avatar: "🤖",
      actions: [{ url: "https://webhook.site", buttonText: "Press me" }],
    };
    expect((await emit(hub, event)).userErrors).toEqual([
      invalid(["actions", "0", "key"], "Action needs to have a key or be marked as external"),
    ]);
  });

  test("S0.1, S0.3, S0.8: the second one, a link, needs no key", async () => {
    const event = {
      name: "a critical event",
      avatar: "🤖",
      actions: [{ url: "https://stripe.com", external: true, buttonText: "Press me" }],
    };
    const fields = `type name avatar actions { ${actionFields} }`;
    expect(await accepted(hub, event, fields)).toMatchObject({
      type: "a critical event",
      name: "a critical event",
      avatar: "🤖",
      actions: [
        {
          url: "https://stripe.com",
          external: true,
          buttonText: "Press me",
          key: null,
          meta: null,
        },
      ],
    });
  });

  test("S0.1, S0.5, S0.6, S0.10: the third one reads back as it was given", async () => {
    const meta = { name: "Shash", id: 1 };
    const given = {
      url: "https://yourserver.com/api/someroute",
      buttonText: "Press me",
      key: "press_me",
      external: false,
      expireIn: 10_080,
      meta,
    };
    const event = { name: "some event", avatar: "🤖", type: "rows" };
    expect(await actionsOn(hub, [given], event)).toEqual([
      {
        ...given,
        id: expect.any(String),
        expiresAt: expect.any(String),
        repeat: false,
        style: "DEFAULT",
        status: "PENDING",
        completedAt: null,
        lastError: null,
      },
    ]);
  });

  test("S0.9: the last one, for banning users, cannot be pressed after two hours", async () => {
    const action = {
      url: "https://yourserver.com/api/someroute",
      buttonText: "Ban user",
      key: "ban_user",
      expireIn: 120,
    };
    const event = { name: "some event", avatar: "🤖", type: "rows" };
    const fields = "receivedAt actions { expiresAt expireIn }";
    const { receivedAt, actions } = await accepted<{
      receivedAt: string;
      actions: { expiresAt: string; expireIn: number }[];
    }>(hub, { ...event, actions: [action] }, fields);
    expect(actions[0]?.expireIn).toBe(120);
    expect(Date.parse(actions[0]?.expiresAt ?? "") - Date.parse(receivedAt)).toBe(120 * MINUTE);
  });
});

test("S0.4: an event holds up to 20 actions, in order", async () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...ours, key: `key ${19 - index}` }));
  const keys = (await actionsOn(hub, many(20))).map(({ key }) => key);
  expect(keys).toEqual(many(20).map(({ key }) => key));
  expect(await refused(many(21))).toEqual([
    invalid(["actions"], "an event has at most 20 actions, this has 21"),
  ]);
});

test("S0.5: the url is an absolute http or https URL", async () => {
  const problem = "must be an absolute http or https URL, such as https://example.com/ban";
  for (const external of [false, true]) {
    for (const url of [
      "",
      "yourserver.com",
      "/ban",
      "ftp://yourserver.com/",
      "javascript:alert(1)",
      "JavaScript://example.com/%0aalert(1)",
      "data:text/html,x",
      "https://",
      "https://exa mple.com/",
      "https://example.com/\n",
      "https://stripe.com@example.com/",
    ]) {
      expect(await refused([{ ...ours, url, external }]), url).toEqual([at("url", problem)]);
    }
  }
  const long = `https://example.com/${"x".repeat(2_048)}`;
  expect(await refused([{ ...ours, url: long }])).toEqual([
    at("url", "must have at most 2048 characters"),
  ]);
});

test("S0.5: what the hub would call may not be private, what a person opens may", async () => {
  const url = "http://10.0.0.1/admin";
  expect(await refused([ours, { ...ours, key: "b", url }])).toEqual([
    {
      code: "TARGET_REFUSED",
      message: expect.stringMatching(/private/),
      path: ["actions", "1", "url"],
    },
  ]);
  expect((await button(hub, url, { external: true })).url).toBe(url);
});

test("S0.6: the text of the button has 1 to 48 characters, an emoji counted as one", async () => {
  expect((await button(hub, URL, { buttonText: "🤖".repeat(48) })).buttonText).toHaveLength(96);
  const tooLong = "must have at most 48 characters";
  expect(await refused([{ ...ours, buttonText: "x".repeat(49) }])).toEqual([
    at("buttonText", tooLong),
  ]);
  expect(await refused([{ ...ours, buttonText: "" }])).toEqual([
    at("buttonText", "must not be empty"),
  ]);
  expect(await refused([{ ...ours, buttonText: "  " }])).toEqual([
    at("buttonText", "must not be blank"),
  ]);
  expect(await refused([{ ...ours, buttonText: "a\nb" }])).toEqual([
    at("buttonText", "must not contain control characters"),
  ]);
});

test("S0.7: the key is unique in its event, and free in another", async () => {
  expect(await refused([ours, { ...ours, buttonText: "Other" }])).toEqual([
    invalid(
      ["actions", "1", "key"],
      "another action of the event has the key 'ban'; keys are unique in an event",
    ),
  ]);
  await actionsOn(hub, [ours]);
  await actionsOn(hub, [ours]);
  const needed = "Action needs to have a key or be marked as external";
  for (const key of [null, ""])
    expect(await refused([{ ...ours, key }])).toEqual([invalid(["actions", "0", "key"], needed)]);
});

test("S0.9: expireIn is 10080 minutes unless said, and 1 to 43200", async () => {
  const [plain, longest] = await actionsOn(hub, [
    { url: URL, buttonText: "Ban", key: "a" },
    { url: URL, buttonText: "Ban", key: "b", expireIn: 43_200 },
  ]);
  expect([plain?.expireIn, longest?.expireIn]).toEqual([10_080, 43_200]);
  for (const expireIn of [0, -1, 43_201]) {
    expect(await refused([{ ...ours, expireIn }])).toEqual([
      at("expireIn", "must be a whole number of minutes from 1 to 43200 (30 days)"),
    ]);
  }
});

test("S0.9: the time of a scheduled event's actions counts from when it is due, also when that is moved", async () => {
  type Scheduled = { id: string; scheduledFor: string; actions: { expiresAt: string }[] };
  const fields = "id scheduledFor actions { expiresAt }";
  const actions = [{ ...ours, expireIn: 60 }];
  const event = await accepted<Scheduled>(hub, { type: "a", delay: 7_200, actions }, fields);
  const after = ({ scheduledFor, actions: [action] }: Scheduled) =>
    Date.parse(action?.expiresAt ?? "") - Date.parse(scheduledFor);
  expect(after(event)).toBe(60 * MINUTE);
  const { rescheduleEvent } = await hub.run<{ rescheduleEvent: { event: Scheduled } }>(
    `mutation ($id: ID!) { rescheduleEvent(id: $id, delay: 86400) { event { ${fields} } } }`,
    { id: event.id },
  );
  expect(rescheduleEvent.event.scheduledFor).not.toBe(event.scheduledFor);
  expect(after(rescheduleEvent.event)).toBe(60 * MINUTE);
  // A time that has passed already makes it due now, so its button is not born dead.
  const past = await accepted<Scheduled>(
    hub,
    { type: "a", timestamp: "2020-01-01T00:00:00Z", actions },
    fields,
  );
  expect(Date.parse(past.actions[0]?.expiresAt ?? "")).toBeGreaterThan(Date.now() + 59 * MINUTE);
});

test("S0.10: meta is null, a string or an object, kept as it came", async () => {
  for (const meta of [null, "a string", "", {}, { ключ: [1, { deep: null }], b: "\u2028'\"" }]) {
    expect((await button(hub, URL, { meta })).meta).toEqual(meta);
  }
  expect((await button(hub, URL)).meta).toBeNull();
  for (const meta of [1, true, ["a"]]) {
    expect(await refused([{ ...ours, meta }])).toEqual([
      at("meta", "must be null, a string or an object"),
    ]);
  }
  expect(await refused([{ ...ours, meta: { text: "x".repeat(65_536) } }])).toEqual([
    invalid(
      ["actions", "0", "meta"],
      "actions.0.meta may take 65536 bytes (64 KiB) as JSON at most, this takes 65547",
    ),
  ]);
});

test("every mistake of every action is told, with those of the event", async () => {
  const errors = await refused([ours, { url: "x", buttonText: "", key: "ban", meta: 1 }], {
    type: "",
  });
  expect(errors.map(({ path }) => path.join("."))).toEqual([
    "type",
    "actions.1.url",
    "actions.1.buttonText",
    "actions.1.key",
    "actions.1.meta",
  ]);
});

test("of a batch with a wrong action nothing is written, and the path begins with the event's index", async () => {
  const before = await eventCount(hub);
  const { events, userErrors } = await emitAll(hub, [
    { type: "a", actions: [ours] },
    { type: "a", actions: [ours, { url: URL, buttonText: "Ban" }] },
    { type: "a", actions: [{ ...ours, url: "http://10.0.0.1" }] },
  ]);
  expect(events).toBeNull();
  expect(userErrors.map(({ path }) => path.join("."))).toEqual([
    "1.actions.1.key",
    "2.actions.0.url",
  ]);
  expect(await eventCount(hub)).toBe(before);
});

test("actions are part of the body that an idempotency key stands for", async () => {
  const event = {
    type: "a",
    idempotencyKey: "with actions",
    actions: [{ ...ours, meta: { a: 1, b: 2 } }],
  };
  const first = await emit(hub, event, "id actions { id }");
  const same = {
    ...event,
    actions: [{ ...ours, meta: { b: 2, a: 1 }, external: false, style: null }],
  };
  const again = await emit(hub, same, "id actions { id }");
  expect(again).toEqual({ ...first, isDuplicate: true });
  const other = await emit(hub, { ...event, actions: [{ ...ours, meta: { a: 1 } }] });
  expect(other.userErrors).toMatchObject([{ code: "IDEMPOTENCY_CONFLICT" }]);
});

test("a repeated emit is the first event again, though its target may not be called any more", async () => {
  const event = { type: "a", idempotencyKey: "target of then", actions: [ours] };
  const first = await emit(hub, event);
  await using strict = await testHub({ ...hub.settings, allowTargets: [] });
  expect(await emit(strict, event)).toEqual({ ...first, isDuplicate: true });
  const { userErrors } = await emit(strict, { ...event, idempotencyKey: "of now" });
  expect(userErrors).toMatchObject([{ code: "TARGET_REFUSED", path: ["actions", "0", "url"] }]);
});
