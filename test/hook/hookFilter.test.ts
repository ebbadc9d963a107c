import { describe, expect, test } from "vitest";
import { type FilterEvent, filterInput } from "../../src/domain/filter/filterEvent.ts";
import { compileFilter } from "../../src/domain/filter/hookFilter.ts";
import { UserError } from "../../src/util/userError.ts";
import { emit, hookOf, register, tryRegister, update } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

const event: FilterEvent = {
  id: "0199c0de-0000-7000-8000-000000000001",
  type: "ticket.created",
  data: null,
  source: "/projects/default",
  name: "ticket.created",
  category: null,
  userId: "u1",
  subject: { type: "ticket", id: "7" },
  contextId: null,
  channels: null,
  tags: null,
  changed: null,
  origin: "API",
};
const judge = (expression: string, data: unknown = null) =>
  compileFilter(expression).evaluate(filterInput({ ...event, data: JSON.stringify(data) }));
const refusalOf = (expression: string) => {
  try {
    compileFilter(expression);
  } catch (error) {
    if (error instanceof UserError) return error.entries[0];
    throw error;
  }
  return undefined;
};

describe("a filter", () => {
  test.each<[string, unknown]>([
    ["true", null],
    ["event.data.amount > 10", { amount: 10.5 }],
    ["event.data.amount == 11", { amount: 11 }],
    ['event.data["amount"] >= 11.0', { amount: 11 }],
    ["event.data.paid", { paid: true }],
    ["!has(event.data.refund)", { paid: true }],
    ['event.type == "ticket.created" && event.userId == "u1"', null],
    ['event.subject.type == "ticket" && event.subject.id == "7"', null],
    [
      'event.data.tags.exists(tag, tag == "vip") && size(event.data.tags) > 1',
      { tags: ["vip", "x"] },
    ],
    ['"vip" in event.data.tags', { tags: ["vip"] }],
    ['event.data.email.endsWith("@example.com")', { email: "a@example.com" }],
    ['event.data.id.matches("^T-[0-9]+$")', { id: "T-17" }],
    [
      'event.data.lines.filter(l, l.matches("a")).map(l, size(l)).exists(n, n == 2)',
      { lines: ["ab"] },
    ],
    ["event.data.missing > 3 || true", {}],
    [
      'timestamp(event.data.at) > timestamp("2020-01-01T00:00:00Z")',
      { at: "2024-05-05T00:00:00Z" },
    ],
  ])("%s takes what it says", (expression, data) => {
    expect(judge(expression, data)).toEqual({ matched: true, detail: null });
  });

  test.each<[string, unknown, string]>([
    ["event.data.amount > 10", {}, "No such key: amount"],
    ["event.data.amount > 10", null, "No such key: amount"],
    ["event.data.a.b.c == 1", { a: 1 }, "No such key: b"],
    ["event.data.amount > 10", { amount: "11" }, "no such overload"],
    ["event.data.flag", { flag: 1 }, "the filter yielded number, not a boolean"],
    ['event.data.id.matches("(")', { id: "x" }, "error parsing regexp"],
  ])("%s is false for %j, and says why", (expression, data, detail) => {
    expect(judge(expression, data)).toEqual({
      matched: false,
      detail: expect.stringContaining(detail),
    });
  });

  test.each([
    ...[
      "",
      "1 +",
      "event.data.amount >",
      "event.type ==",
      "SELECT 1",
      "event.data.a = 1",
      "{{ x }}",
    ],
    ...["1 + 1", "event.type", '"text"', "event", "event.data", "[true]", "size(event.data.a)"],
    ...["nothing == 1", "data.amount > 1", "unknown(event)", "event.type.nope()"],
    "x".repeat(2_001),
    Array.from({ length: 400 }, () => "true").join(" && "),
    `${"(".repeat(200)}true${")".repeat(200)}`,
    "event.data.a.all(x, event.data.b.exists(y, y == x))",
    "event.data.a.map(x, event.data.b.map(y, [x, y])) == []",
  ])("is FILTER_INVALID when it is %j", (expression) => {
    expect(refusalOf(expression)).toMatchObject({ code: "FILTER_INVALID", path: ["filter"] });
  });

  const long = "a".repeat(200_000);
  const many = Array.from({ length: 50_000 }, (_, i) => i);
  test.each<[string, unknown]>([
    ['event.data.text.matches("(a+)+$")', { text: `${long}b` }],
    ['event.data.text.matches("(a|aa)+$")', { text: `${long}b` }],
    ['event.data.text.matches("(.*a){20}$")', { text: `${long}b` }],
    ['event.data.text.matches("((a{1,100}){1,100}){1,100}$")', { text: long }],
    ["event.data.list.all(x, !(-1.0 in event.data.list))", { list: many }],
    ["event.data.list.all(x, event.data.list == event.data.list)", { list: many }],
    ['event.data.list.exists(x, "b".matches(string(x)))', { list: many }],
  ])("%s takes no time to speak of, however hostile the data", (expression, data) => {
    const startedAt = performance.now();
    expect(judge(expression, data).matched).toBe(false);
    // Backtracking, or a quadratic loop, would take minutes to ages.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test("looks at up to 1,000 elements of a list", () => {
    expect(judge("event.data.all(x, x >= 0)", many.slice(0, 1_000)).matched).toBe(true);
    expect(judge("event.data.all(x, x >= 0)", many.slice(0, 1_001))).toEqual({
      matched: false,
      detail: "a list macro looks at up to 1000 elements, this list has 1001",
    });
  });

  test("cannot reach what is not the event", () => {
    for (const expression of [
      'event.constructor == "x"',
      'event.data.constructor.name == "Object"',
      'event.data.__proto__ == "x"',
      'event.data.toString == "x"',
    ]) {
      expect(judge(expression, {}).matched).toBe(false);
    }
  });
});

test("a hook with a filter receives what it takes, and Event.why tells the rest", async () => {
  await using target = await receiver();
  await using hub = await testHub();
  const { id } = await register(hub, { url: target.url, filter: "event.data.amount > 10" });
  expect(
    (await tryRegister(hub, { url: target.url, filter: "event.data.amount >" })).userErrors,
  ).toEqual([
    {
      code: "FILTER_INVALID",
      message: "the filter cannot be parsed: Unexpected token: EOF (line 1, column 20)",
      path: ["filter"],
    },
  ]);
  expect(await update(hub, id, { filter: "true &&\n  evnt.id == 1" })).toMatchObject([
    { message: "the filter is not valid: Unknown variable: evnt (line 2, column 3)" },
  ]);
  expect(await update(hub, id, { filter: "1 + 1" })).toMatchObject([
    { code: "FILTER_INVALID", path: ["filter"] },
  ]);
  const traceOf = async (data: object) => {
    const event = await emit(hub, { data });
    const { event: traced } = await hub.run<{
      event: {
        status: string;
        why: { hook: { id: string }; reason: string; detail: string | null }[];
      };
    }>("query ($id: ID!) { event(id: $id) { status why { hook { id } reason detail } } }", {
      id: event.id,
    });
    expect(traced.status).toBe("PROCESSED");
    return traced.why;
  };
  expect(await traceOf({ amount: 11 })).toEqual([
    { hook: { id }, reason: "MATCHED", detail: null },
  ]);
  expect(await traceOf({ amount: 9 })).toEqual([{ hook: { id }, reason: "FILTER", detail: null }]);
  expect(await traceOf({ total: 9 })).toEqual([
    { hook: { id }, reason: "FILTER", detail: "No such key: amount" },
  ]);
  expect(target.requests).toHaveLength(1);
  expect(await hookOf(hub, id)).toMatchObject({ triggeredCount: 1, succeededCount: 1 });
});
