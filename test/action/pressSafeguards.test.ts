import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createProject } from "../../src/domain/project/project.ts";
import { actionOf, button, expire, type Pressed, press } from "../fixtures/actions.ts";
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

let count = 0;
/** A button with a path of its own, and what was sent to it. */
async function ownButton(input: object = {}, event: object = {}) {
  const path = `/own/${++count}`;
  const action = await button(hub, target.url + path, input, event);
  return { ...action, sent: () => target.requests.filter((request) => request.path === path) };
}
const refusal = (code: string, path: string[], message: unknown = expect.any(String)) => [
  { code, path, message },
];

describe("S0.14: safeguards", () => {
  test("without confirm: true nothing is sent", async () => {
    const { id, sent } = await ownButton();
    const refused = await press(hub, id, { confirm: false });
    expect(refused).toMatchObject({ press: null, action: { id, status: "PENDING" } });
    expect(refused.userErrors).toEqual(refusal("CONFIRMATION_REQUIRED", ["confirm"]));
    expect(sent()).toEqual([]);
    expect((await actionOf(hub, id)).presses.nodes).toEqual([]);
  });

  test("a complete action is final", async () => {
    const { id, sent } = await ownButton();
    await press(hub, id);
    const again = await press(hub, id);
    expect(again.userErrors).toEqual(
      refusal("ACTION_COMPLETE", ["actionId"], expect.stringContaining("is complete since 20")),
    );
    expect(again).toMatchObject({ press: null, action: { status: "COMPLETE" } });
    expect(sent()).toHaveLength(1);
  });

  test("only one with repeat may be pressed again, and stays complete when that fails", async () => {
    await using own = await receiver();
    const { id } = await button(hub, own.url, { repeat: true });
    const first = await press(hub, id);
    own.answer = status(500);
    const second = await press(hub, id);
    expect(second).toMatchObject({
      press: { status: "FAILED" },
      action: {
        status: "COMPLETE",
        completedAt: first.action?.completedAt,
        lastError: "status 500",
      },
    });
    own.answer = status(201);
    expect((await press(hub, id)).action).toMatchObject({ status: "COMPLETE", lastError: null });
    expect(own.requests).toHaveLength(3);
    const ids = (await actionOf(hub, id)).presses.nodes.map((each) => each.status);
    expect(ids).toEqual(["SUCCEEDED", "FAILED", "SUCCEEDED"]);
  });

  test("of many presses at the same instant one is sent; the others are told that it is busy", async () => {
    await using own = await receiver(() => {});
    const { id } = await button(hub, own.url);
    const presses = Array.from({ length: 8 }, () => press(hub, id, { waitMs: 0 }));
    const answers = await Promise.all(presses);
    const accepted = answers.filter((answer) => answer.press !== null);
    expect(accepted).toHaveLength(1);
    expect(accepted[0]).toMatchObject({
      press: { status: "PENDING", attempt: null },
      action: { status: "RUNNING" },
    });
    for (const { press: none, userErrors } of answers.filter((answer) => answer !== accepted[0])) {
      expect(none).toBeNull();
      expect(userErrors).toEqual(refusal("ACTION_BUSY", ["actionId"]));
    }
    await expect.poll(() => own.requests.length).toBe(1);
    expect((await press(hub, id)).userErrors).toEqual(refusal("ACTION_BUSY", ["actionId"]));
    expect(own.requests).toHaveLength(1);
  });

  test("a press says who pressed, and when", async () => {
    const { createApiKey } = await hub.run<{ createApiKey: { key: string } }>(
      `mutation { createApiKey(input: { name: "Support desk", role: OPERATOR }) { key } }`,
    );
    const { id, sent } = await ownButton();
    const { press: ended } = await press(hub, id, {}, createApiKey.key);
    expect(ended).toMatchObject({ status: "SUCCEEDED", pressedBy: "Support desk" });
    expect(JSON.parse(sent()[0]?.body ?? "").press.pressedBy).toBe("Support desk");
    expect(Math.abs(Date.parse(ended?.pressedAt ?? "") - Date.now())).toBeLessThan(10_000);
  });

  test("nobody else's action can be pressed", async () => {
    const stranger = await createProject(hub.db.sql, "Stranger");
    const { id, sent } = await ownButton();
    for (const unknown of [id, "00000000-0000-7000-8000-000000000000", "no id"]) {
      expect(await press(hub, unknown, {}, stranger.key)).toEqual({
        press: null,
        action: null,
        userErrors: refusal("NOT_FOUND", ["actionId"], `no action ${unknown}`),
      });
    }
    expect(sent()).toEqual([]);
  });

  test("waitMs is 0 to 15000, and a wrong one presses nothing", async () => {
    const { id, sent } = await ownButton();
    for (const waitMs of [-1, 15_001]) {
      expect((await press(hub, id, { waitMs })).userErrors).toEqual(refusal("INVALID", ["waitMs"]));
    }
    expect(sent()).toEqual([]);
  });
});

describe("an idempotency key", () => {
  test("stands for one press: again it gives the same, and sends nothing, also of one that failed", async () => {
    await using own = await receiver(status(500));
    const { id } = await button(hub, own.url);
    const first = await press(hub, id, { idempotencyKey: "click 1" });
    own.answer = status(200);
    const again = await press(hub, id, { idempotencyKey: "click 1" });
    expect(again).toEqual(first);
    expect(own.requests).toHaveLength(1);
    expect((await press(hub, id, { idempotencyKey: "click 2" })).press?.status).toBe("SUCCEEDED");
    expect(own.requests).toHaveLength(2);
    expect((await press(hub, id, { idempotencyKey: "click 2" })).userErrors).toEqual([]);
    expect(own.requests).toHaveLength(2);
  });

  test("that is used many times at once is one press, which all wait for", async () => {
    const { id, sent } = await ownButton();
    const clicks = Array.from({ length: 6 }, () => press(hub, id, { idempotencyKey: "at once" }));
    const ids = (await Promise.all(clicks)).map((answer) => [
      answer.press?.id,
      answer.press?.status,
    ]);
    expect(new Set(ids.map(String)).size).toBe(1);
    expect(ids[0]?.[1]).toBe("SUCCEEDED");
    expect(sent()).toHaveLength(1);
  });

  test("belongs to one action, also when two are pressed with it at once", async () => {
    const actions = await Promise.all([ownButton(), ownButton(), ownButton()]);
    const answers = await Promise.all(
      actions.map(({ id }) => press(hub, id, { idempotencyKey: "two actions" })),
    );
    const refused = answers.filter((answer: Pressed) => answer.press === null);
    expect(refused.map(({ userErrors }) => userErrors)).toEqual([
      refusal("IDEMPOTENCY_CONFLICT", ["idempotencyKey"]),
      refusal("IDEMPOTENCY_CONFLICT", ["idempotencyKey"]),
    ]);
    expect(actions.flatMap(({ sent }) => sent())).toHaveLength(1);
  });

  test("has 1 to 255 characters", async () => {
    const { id, sent } = await ownButton();
    for (const idempotencyKey of ["", "x".repeat(256), "a\0b"]) {
      const { userErrors } = await press(hub, id, { idempotencyKey });
      expect(userErrors).toEqual(refusal("INVALID", ["idempotencyKey"]));
    }
    expect(sent()).toEqual([]);
  });
});

describe("time", () => {
  test("S0.15: an action that has expired shows it, and cannot be pressed", async () => {
    const { id, sent } = await ownButton({ expireIn: 120 });
    await expire(hub.db.sql, id);
    const refused = await press(hub, id);
    expect(refused.userErrors).toEqual(
      refusal("ACTION_EXPIRED", ["actionId"], expect.stringMatching(/expired at 20.+Z$/)),
    );
    expect(refused).toMatchObject({ press: null, action: { status: "EXPIRED" } });
    expect(sent()).toEqual([]);
  });

  test("S0.15: a press that was held up beyond the expiry was made before it, and is not sent", async () => {
    const { id, sent } = await ownButton();
    const { promise: release, resolve } = Promise.withResolvers<void>();
    // The press is judged, and then waits to be written.
    const { promise: held, resolve: isHeld } = Promise.withResolvers<void>();
    const holding = hub.db.sql.begin(async (tx) => {
      await tx`lock table signalbox.presses in share mode`;
      isHeld();
      await release;
    });
    await held;
    await hub.db
      .sql`update signalbox.actions set expires_at = clock_timestamp() + interval '1 second' where id = ${id}`;
    const pressing = press(hub, id);
    const isOver = async () =>
      (await hub.db.sql`select id from signalbox.actions where id = ${id} and expires_at < now()`)
        .length;
    await expect.poll(isOver, { timeout: 60_000 }).toBe(1);
    resolve();
    await holding;
    const { press: ended, action } = await pressing;
    expect(ended?.error).toBe("not sent: the action expired before its turn came");
    expect(Date.parse(ended?.pressedAt ?? "")).toBeLessThan(Date.parse(action?.expiresAt ?? ""));
    expect(sent()).toEqual([]);
  });

  test("S0.15: one with repeat expires too, though it was complete", async () => {
    const { id, sent } = await ownButton({ repeat: true });
    await press(hub, id);
    await expire(hub.db.sql, id);
    expect((await press(hub, id)).userErrors).toEqual(refusal("ACTION_EXPIRED", ["actionId"]));
    expect(sent()).toHaveLength(1);
  });

  test("S0.15: a press that was accepted in time but whose turn comes too late is not sent", async () => {
    await using api = await testHub({ roles: { api: true, worker: false } });
    const { id } = await button(api, target.url);
    expect((await press(api, id, { waitMs: 0 })).press?.status).toBe("PENDING");
    await expire(api.db.sql, id);
    const before = target.requests.length;
    await using _worker = await testHub({ ...api.settings, roles: { api: false, worker: true } });
    await expect
      .poll(async () => (await actionOf(api, id)).status, { timeout: 60_000 })
      .toBe("EXPIRED");
    const { lastError, presses } = await actionOf(api, id);
    expect(lastError).toBe("not sent: the action expired before its turn came");
    expect(presses.nodes).toMatchObject([{ status: "FAILED", error: lastError, attempt: null }]);
    expect(target.requests).toHaveLength(before);
    const states = await api.db.sql<{ status: string }[]>`
      select state->>'status' as status from signalbox.changes where kind = 'ACTION' order by position`;
    expect(states.map(({ status }) => status)).toEqual(["PENDING", "RUNNING", "EXPIRED"]);
  });

  test("S0.9: an external action shows that it has expired, too", async () => {
    const { id } = await ownButton({ external: true });
    await expire(hub.db.sql, id);
    expect(await press(hub, id)).toMatchObject({
      action: { status: "EXPIRED" },
      userErrors: refusal("ACTION_EXTERNAL", ["actionId"]),
    });
  });

  test("a press whose event is cancelled before its turn comes is not sent", async () => {
    await using api = await testHub({ roles: { api: true, worker: false } });
    const { id } = await button(api, target.url);
    await press(api, id, { waitMs: 0 });
    await api.db.sql`update signalbox.events set status = 'CANCELLED'`;
    const before = target.requests.length;
    await using _worker = await testHub({ ...api.settings, roles: { api: false, worker: true } });
    const lastError = async () => (await actionOf(api, id)).lastError;
    await expect.poll(lastError, { timeout: 60_000 }).toBe("not sent: the event was cancelled");
    expect(target.requests).toHaveLength(before);
  });

  test("a scheduled event's button cannot be pressed before the event is due", async () => {
    const { id, sent } = await ownButton({}, { delay: 3_600 });
    expect((await press(hub, id)).userErrors).toEqual(refusal("NOT_ALLOWED_NOW", ["actionId"]));
    expect(sent()).toEqual([]);
    const soon = await ownButton({}, { delay: 0.3 });
    const status = async () => (await press(hub, soon.id)).press?.status;
    await expect.poll(status, { timeout: 60_000 }).toBe("SUCCEEDED");
    expect(soon.sent()).toHaveLength(1);
  });

  test("a cancelled event's button cannot be pressed", async () => {
    const { id, sent } = await ownButton({}, { delay: 3_600 });
    const { action } = await hub.run<{ action: { event: { id: string } } }>(
      "query ($id: ID!) { action(id: $id) { event { id } } }",
      { id },
    );
    await hub.run("mutation ($id: ID!) { cancelEvent(id: $id) { event { id } } }", action.event);
    expect((await press(hub, id)).userErrors).toEqual(
      refusal("NOT_ALLOWED_NOW", ["actionId"], expect.stringContaining("is cancelled")),
    );
    expect(sent()).toEqual([]);
  });
});
