import { expect, test } from "vitest";
import { readJson, writeJson } from "../../src/client/bigJson.ts";

test.each([
  '{"a":9007199254740993,"b":[-9007199254740993,1]}',
  '"12345678901234567890"',
  '{"12345678901234567890":"\\"12345678901234567890\\\\"}',
  '["\\\\",12345678901234567890,"\\\\\\"",-12345678901234567890]',
  "123456789012345678901234567890",
])("%s is read and written to the letter", (text) => {
  expect(writeJson(readJson(text))).toBe(text);
});

test("only integers that no double holds are bigints", () => {
  const doubles = "[9007199254740991,1e20,12345678901234567890.5,-0,0.12345678901234567]";
  expect(readJson(doubles)).toEqual(JSON.parse(doubles));
  expect(readJson("[9007199254740992]")).toEqual([9007199254740992n]);
});

test("what is no JSON is refused as JSON.parse refuses it", () => {
  for (const text of [
    "012345678901234567890",
    "[1 12345678901234567890]",
    '"12345678901234567890',
    "",
  ])
    expect(() => readJson(text), text).toThrow(SyntaxError);
});

test("a member that would change an object's kind is a member like any other", () => {
  const read = readJson('{"__proto__":12345678901234567890}') as object;
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  expect(writeJson(read)).toBe('{"__proto__":12345678901234567890}');
});

test("a toJSON that a program has given to bigints changes nothing", () => {
  const prototype = BigInt.prototype as { toJSON?: () => string };
  prototype.toJSON = () => "changed";
  expect(writeJson([1n])).toBe("[1]");
  delete prototype.toJSON;
});
