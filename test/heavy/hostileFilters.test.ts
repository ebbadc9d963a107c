import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emit, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Neighbour, startNeighbour, unharmed } from "../fixtures/neighbour.ts";
import { receiver } from "../fixtures/receiver.ts";
import { tenantOf } from "../fixtures/tenant.ts";

/**
 * Whoever may write a filter may write one that never ends, or fills the memory. It ends, says so, and no other
 * project notices.
 */
let hub: TestHub;
let neighbour: Neighbour;
beforeAll(async () => {
  hub = await testHub();
  neighbour = await startNeighbour(hub);
});
afterAll(async () => {
  await neighbour[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const list = Array.from({ length: 1_000 }, (_, index) => index);
const big = Array.from({ length: 30_000 }, (_, index) => index);
const data = { list, big };
const quadratic = 'event.data.list.all(x, !("x" in event.data.big))';
const bound = Array.from({ length: 12 }, (_, i) => `cel.bind(v${i + 1}, v${i} + v${i}, `);
const swelling = `cel.bind(v0, event.data.big, ${bound.join("")}size(v12) > 0${")".repeat(13)}`;
const hostile: [what: string, filter: string, detail: string][] = [
  ["a quadratic loop", Array(30).fill(quadratic).join(" && "), "the filter took"],
  ["doubled lists", swelling, "the filter took"],
];

type Trial = { reason: string; detail: string | null };
const whyOf = async (tenant: TestHub, id: string): Promise<{ status: string; why: Trial[] }> => {
  const { event } = await tenant.run<{ event: { status: string; why: Trial[] } }>(
    "query ($id: ID!) { event(id: $id) { status why { reason detail } } }",
    { id },
  );
  return event;
};

describe.each(hostile)("%s in a filter", (_what, filter, detail) => {
  const type = `hostile.${detail.length}.${filter.length}`;

  test("ends in a preview", async () => {
    const tenant = await tenantOf(hub);
    await emit(tenant, { type, data });
    const preview = await unharmed(neighbour, () =>
      tenant.run<{ previewHook: { trials: Trial[] } }>(
        `query ($input: PreviewHookInput!) { previewHook(input: $input, first: 1) { trials { reason detail } } }`,
        { input: { types: [type], filter } },
      ),
    );
    expect(preview.previewHook.trials).toEqual([
      { reason: "FILTER", detail: expect.stringContaining(detail) },
    ]);
  });

  test("ends for emitted and scheduled events of its hook, and other hooks receive them", async () => {
    const tenant = await tenantOf(hub);
    await using target = await receiver();
    await register(tenant, { types: [type], url: target.url, filter });
    await register(tenant, { types: [type], url: target.url });
    const events = await unharmed(neighbour, async () => [
      await emit(tenant, { type, data }),
      await emit(tenant, { type, data, delay: 0.2 }),
    ]);
    for (const { id } of events) {
      await expect
        .poll(async () => (await whyOf(tenant, id)).status, { timeout: 60_000 })
        .toBe("PROCESSED");
      expect((await whyOf(tenant, id)).why).toEqual([
        { reason: "FILTER", detail: expect.stringContaining(detail) },
        { reason: "MATCHED", detail: null },
      ]);
    }
    expect(target.requests).toHaveLength(2);
  });
});

test("`matches` is bounded however it is spelled", async () => {
  const spellings = [
    '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" // matches\n.matches("(a+)+$")',
    '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"\n  . /* matches */ matches("(a+)+$")',
    '["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"].exists(matches, matches.matches("(a+)+$"))',
    '"matches".matches("matches") && "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("(a+)+$")',
    'cel.bind(matches, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", matches.matches("(a+)+$"))',
    "event.data.text.matches(event.data.pattern)",
  ];
  const tenant = await tenantOf(hub);
  await emit(tenant, { type: "spelled", data: { text: `${"a".repeat(30)}!`, pattern: "(a+)+$" } });
  await unharmed(neighbour, async () => {
    for (const filter of spellings) {
      const { previewHook } = await tenant.run<{
        previewHook: { trials: Trial[] | null; userErrors: { code: string }[] };
      }>(
        `query ($input: PreviewHookInput!) {
          previewHook(input: $input, first: 1) { trials { reason detail } userErrors { code } }
        }`,
        { input: { types: ["spelled"], filter } },
      );
      // A comment in the middle of a call is no CEL; all the others simply do not match.
      if (previewHook.userErrors.length > 0)
        expect(previewHook.userErrors).toEqual([
          expect.objectContaining({ code: "FILTER_INVALID" }),
        ]);
      else expect(previewHook.trials).toEqual([{ reason: "FILTER", detail: null }]);
    }
  });
});

test("one document cannot ask for twenty such filters: its project's share of processor time ends", async () => {
  const tenant = await tenantOf(hub);
  await emit(tenant, { type: "twenty", data });
  const fields = Array.from(
    { length: 20 },
    (_, i) => `f${i}: previewHook(input: $input, first: 1) { trials { reason } }`,
  );
  const [, filter] = hostile[0] ?? [];
  const answer = await unharmed(neighbour, () =>
    tenant.send(`query ($input: PreviewHookInput!) { ${fields.join("\n")} }`, {
      input: { types: ["twenty"], filter },
    }),
  );
  expect(answer.errors?.[0]?.extensions.code).toBe("TOO_MANY_REQUESTS");
  expect(answer.errors?.[0]?.message).toContain("share of processor time");
});

test("a sender cannot hide data from a filter by the names of its keys", async () => {
  await using target = await receiver();
  const tenant = await tenantOf(hub);
  await register(tenant, {
    types: ["hidden"],
    url: target.url,
    filter: "event.data.amount > 10000",
  });
  for (const key of [
    "constructor",
    "__proto__",
    "toString",
    "hasOwnProperty",
    "get",
    "size",
    "then",
  ])
    await emit(tenant, { type: "hidden", data: JSON.parse(`{"${key}":1,"amount":20000}`) });
  await emit(tenant, { type: "hidden", data: [{ constructor: { name: "Map" } }] });
  await expect.poll(() => target.requests.length).toBe(7);
});
