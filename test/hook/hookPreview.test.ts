import { Environment } from "@marcbachmann/cel-js";
import { expect, onTestFinished, test, vi } from "vitest";
import { accepted, registerHook, type UserError } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver as startReceiver } from "../fixtures/receiver.ts";

type Trial = {
  event: { id: string };
  reason: string;
  detail: string | null;
  contentType: string | null;
  body: string | null;
};

const TRIAL = `query ($id: ID!, $hook: PreviewHookInput!) {
  event(id: $id) { trial(hook: $hook) { reason detail contentType headers body } }
}`;
const trial = async (hub: TestHub, id: string, hook: object) => {
  type Found = { event: { trial: Trial & { headers: Record<string, string> | null } } };
  return (await hub.run<Found>(TRIAL, { id, hook })).event.trial;
};

const preview = async (hub: TestHub, input: object) =>
  (
    await hub.run<{ previewHook: { trials: Trial[] | null; userErrors: UserError[] } }>(
      `query ($input: PreviewHookInput!) { previewHook(input: $input) {
        trials { event { id } reason detail contentType body } userErrors { code message path }
      } }`,
      { input },
    )
  ).previewHook;

test("a preview says of the newest events of its types which a hook would have taken", async () => {
  await using hub = await testHub();
  const small = await accepted(hub, { type: "paid", data: { amount: 5 } });
  const large = await accepted(hub, { type: "paid", data: { amount: 50 } });
  await accepted(hub, { type: "other", data: { amount: 50 } });
  const { trials } = await preview(hub, { types: ["paid"], filter: "event.data.amount > 10" });
  expect(trials?.map(({ event, reason }) => [event.id, reason])).toEqual([
    [large.id, "MATCHED"],
    [small.id, "FILTER"],
  ]);
  expect(trials?.[1]).toMatchObject({ body: null, contentType: null });
  const missing = await preview(hub, {
    types: ["*"],
    filter: "event.data.total > 1",
    userId: null,
  });
  expect(missing.trials?.[0]?.detail).toContain("total");
});

test.for(["CLOUD_EVENT", "CLOUD_EVENT_STRUCTURED", "CLOUD_EVENT_BINARY", "EVENT", "DATA"])(
  "the body in a preview is byte for byte what a hook of format %s receives",
  async (format) => {
    await using hub = await testHub();
    await using receiver = await startReceiver();
    const input = { types: ["paid"], format, url: receiver.url };
    await registerHook(hub, input);
    await accepted(hub, { type: "paid", data: { amount: 1e21, ключ: "\u0000" } });
    const received = await vi.waitFor(() => {
      const [first] = receiver.requests;
      if (!first) throw new Error("nothing yet");
      return first;
    });
    const { trials } = await preview(hub, input);
    expect(trials?.[0]?.body).toBe(received?.body);
    expect(trials?.[0]?.contentType).toBe(received?.headers["content-type"]);
    const [event] = trials ?? [];
    const { headers, ...request } = await trial(hub, event?.event.id ?? "", input);
    expect(received.headers).toMatchObject(headers ?? {});
    expect(Object.keys(headers ?? {}).sort()).toEqual(
      Object.keys(received.headers)
        .filter((name) => name.startsWith("ce-"))
        .sort(),
    );
    expect(request).toEqual({ ...event, event: undefined });
  },
);

test("one event can be tried with a hook that is not registered, also by its filter and user", async () => {
  await using hub = await testHub();
  const { id } = await accepted(hub, { type: "paid", data: { amount: 5 }, userId: "ann" });
  const reasonOf = async (input: object) => (await trial(hub, id, input)).reason;
  expect(await reasonOf({ types: ["other.*"] })).toBe("TYPE");
  expect(await reasonOf({ types: ["*"], userId: "bob" })).toBe("USER");
  expect(await reasonOf({ types: ["*"], filter: "event.data.amount > 10" })).toBe("FILTER");
  expect(await reasonOf({ types: ["paid"], filter: "event.userId == 'ann'" })).toBe("MATCHED");
  const wrong = await hub.send(TRIAL, { id, hook: { types: ["*"], filter: "event." } });
  expect(wrong.errors?.[0]?.extensions.code).toBe("FILTER_INVALID");
});

test("the filter of a hook that is tried on events is parsed as often for many events as for one", async () => {
  await using hub = await testHub();
  for (let amount = 0; amount < 5; amount++)
    await accepted(hub, { type: "paid", data: { amount } });
  const parse = vi.spyOn(Environment.prototype, "parse");
  onTestFinished(() => parse.mockRestore());
  const parsedFor = async (first: number) => {
    parse.mockClear();
    const { events } = await hub.run<{ events: { nodes: { trial: Trial }[] } }>(
      `query ($first: Int!, $hook: PreviewHookInput!) {
        events(first: $first) { nodes { trial(hook: $hook) { reason } } }
      }`,
      { first, hook: { types: ["paid"], filter: `event.data.amount < ${10 + first}` } },
    );
    expect(events.nodes.map(({ trial }) => trial.reason)).toEqual(Array(first).fill("MATCHED"));
    return parse.mock.calls.length;
  };
  const forOne = await parsedFor(1);
  expect(forOne).toBeGreaterThan(0);
  expect(await parsedFor(5)).toBe(forOne);
});

test("mistakes of a preview are those that registering the hook would meet", async () => {
  await using hub = await testHub({ allowTargets: [] });
  const codes = async (input: object) => {
    const { userErrors } = await preview(hub, input);
    return userErrors.map(({ code, path }) => [code, ...path]);
  };
  expect(await codes({ types: ["a"], filter: "event.data.amount >" })).toEqual([
    ["FILTER_INVALID", "filter"],
  ]);
  expect(await codes({ types: [] })).toEqual([["INVALID", "types"]]);
  await accepted(hub, { type: "a" });
  const { trials, userErrors } = await preview(hub, { types: ["a"], url: "http://127.0.0.1:80/" });
  expect(userErrors).toMatchObject([{ code: "TARGET_REFUSED", path: ["url"] }]);
  expect(trials).toHaveLength(1);
});
