import { expect, test } from "vitest";
import { jsonMistake } from "../../src/cli/hub/jsonMistake.ts";

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

test("a text has a mistake exactly when JSON.parse refuses it, whatever is left out, doubled or put in", () => {
  const text = '{"a": [1, -2.5e+3, "x\\u00e9\\n", true, null, {}], "b":\t{"c": [[]], "d": 0}}';
  expect(jsonMistake(text)).toBe(null);
  const wrong: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const [before, after] = [text.slice(0, at), text.slice(at + 1)];
    for (const put of [
      "",
      text.charAt(at).repeat(2),
      ",",
      "]",
      "}",
      '"',
      "0",
      "\u0001",
      "\\",
      "e",
    ]) {
      const changed = before + put + after;
      if ((jsonMistake(changed) === null) !== isJson(changed)) wrong.push(changed);
    }
    if (jsonMistake(before) === null) wrong.push(before);
  }
  expect(wrong).toEqual([]);
});

test.each([
  ['{"a": 1,}', 8, "a name in double quotes"],
  ["[1 2]", 3, "a comma or ]"],
  ["{'a': 1}", 1, "a name in double quotes or }"],
  ['{"a" 1}', 5, "a colon"],
  ["[", 1, "a value or ]"],
  ["01", 0, "a value"],
  ["1 1", 2, "the end"],
])("the mistake in %s is at %i, where %s must stand", (text, at, expected) => {
  expect(jsonMistake(text)).toEqual({ at, expected });
});
