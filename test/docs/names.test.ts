import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exactName, singleLineText } from "../../src/domain/input/singleLineText.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

const blank = ["", " ", "\t", "\u00a0\u3000", "\u2800", "  \u2003 "];
const hidden = [
  ["a right-to-left override", "invoice\u202egpj"],
  ["an isolate", "a\u2066b\u2069"],
  ["a right-to-left mark", "paid\u200f"],
  ["a space without width", "pay\u200bment"],
  ["a byte order mark", "\ufefforder"],
  ["a soft hyphen", "or\u00adder"],
  ["a word joiner", "or\u2060der"],
  ["a tag", "order\u{e0041}"],
  ["a Hangul filler", "order\u3164"],
  ["a grapheme joiner", "or\u034fder"],
  ["half a character", "or\ud83dder"],
  ["a line separator", "one\u2028two"],
  ["a line break", "one\ntwo"],
  ["NUL", "one\0two"],
  ["an interlinear annotation", "a\ufff9b"],
  ["a joiner in Latin letters", "pay\u200dment"],
  ["a joiner at the end", "می\u200c"],
  ["the look of what is no emoji", "a\ufe0f"],
] as const;
const joined = [
  ["a family", "👨\u200d👩\u200d👧 of Ann"],
  ["a heart", "❤\ufe0f\u200d🔥"],
  ["a skin", "🧑🏽\u200d🚀"],
  ["Scotland", "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}"],
  ["Persian", "می\u200cخواهم"],
  ["Sinhala", "ශ්\u200dරී"],
  ["a variant in a Japanese name", "葛\u{e0100}城"],
] as const;
const plain = ["order.created", "Bücher 2026", "заказ", "注文", "הזמנה", "طلب", "एक", "🎉", "a b"];

const fits = (schema: ReturnType<typeof singleLineText>, text: string) =>
  schema.safeParse(text).success;

describe("a name", () => {
  test.each(blank)("of blanks alone is refused: %j", (text) => {
    expect([fits(singleLineText(200), text), fits(exactName(200), text)]).toEqual([false, false]);
  });

  test.each(hidden)("with %s is refused", (_what, text) => {
    expect([fits(singleLineText(200), text), fits(exactName(200), text)]).toEqual([false, false]);
  });

  test.each(joined)(
    "for people may have what joins %s, one to be told by its characters not",
    (_what, text) => {
      expect([fits(singleLineText(200), text), fits(exactName(200), text)]).toEqual([true, false]);
    },
  );

  test.each(plain)("may be in any script: %s", (text) => {
    expect([fits(singleLineText(200), text), fits(exactName(200), text)]).toEqual([true, true]);
  });

  test("is as long as it has characters", () => {
    expect([fits(singleLineText(3), "🎉🎉🎉"), fits(singleLineText(3), "🎉🎉🎉🎉")]).toEqual([
      true,
      false,
    ]);
  });
});

describe("through the API", () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await testHub();
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  const step = '{ id: "a", url: "https://example.com" }';
  const url = 'url: "https://example.com"';
  const places = [
    ["emitEvent", "type", "emitEvent(input: { type: $text })"],
    ["emitEvent", "name", 'emitEvent(input: { type: "t", name: $text })'],
    ["emitEvent", "category", 'emitEvent(input: { type: "t", category: $text })'],
    ["emitEvent", "userId", 'emitEvent(input: { type: "t", userId: $text })'],
    ["emitEvent", "contextId", 'emitEvent(input: { type: "t", contextId: $text })'],
    ["emitEvent", "idempotencyKey", 'emitEvent(input: { type: "t", idempotencyKey: $text })'],
    [
      "emitEvent",
      "subject.id",
      'emitEvent(input: { type: "t", subject: { type: "s", id: $text } })',
    ],
    [
      "emitEvent",
      "actions.0.buttonText",
      `emitEvent(input: { type: "t", actions: [{ ${url}, key: "k", buttonText: $text }] })`,
    ],
    ["registerEventType", "name", "registerEventType(input: { name: $text })"],
    ["registerHook", "types.0", `registerHook(input: { ${url}, types: [$text] })`],
    ["registerHook", "name", `registerHook(input: { ${url}, types: ["t"], name: $text })`],
    ["registerHook", "userId", `registerHook(input: { ${url}, types: ["t"], userId: $text })`],
    [
      "createWorkflow",
      "name",
      `createWorkflow(input: { name: $text, eventType: "t", steps: [${step}] })`,
    ],
    [
      "createWorkflow",
      "eventType",
      `createWorkflow(input: { name: "w", eventType: $text, steps: [${step}] })`,
    ],
    [
      "registerResourceType",
      "name",
      'registerResourceType(input: { name: $text, createdEvent: "c" })',
    ],
    [
      "registerResourceType",
      "createdEvent",
      'registerResourceType(input: { name: "r", createdEvent: $text })',
    ],
    ["createApiKey", "name", "createApiKey(input: { name: $text, role: VIEWER })"],
    ["updateProject", "name", "updateProject(input: { name: $text })"],
  ] as const;
  test.each(places)("%s refuses such a %s, and says where it is", async (field, path, call) => {
    for (const text of [" ", "a\u202eb", "a\u200bb", "a\u0000b", "a\ud800b"]) {
      const { data } = await hub.send<Record<string, { userErrors: object[] }>>(
        `mutation ($text: String!) { ${call} { userErrors { code path } } }`,
        { text },
      );
      expect(data?.[field]?.userErrors).toEqual([{ code: "INVALID", path: path.split(".") }]);
    }
  });
});
