import { expect, test } from "vitest";
import { jsonText } from "../../src/util/json/exactJson.ts";
import { membersOf, parseJson } from "../../src/util/json/parseJson.ts";
import { RawJson, writeJson } from "../../src/util/json/rawJson.ts";
import { scanJson } from "../../src/util/json/scanJson.ts";

test("JSON text is written as it is, in one line, wherever it stands", () => {
  for (const json of [
    '"a\\"b"',
    '"\\\\"',
    "1.0",
    "null",
    '{"a":"b\\n","10":1,"2":-0}',
    "[]",
    '""',
  ]) {
    expect(
      writeJson({ before: '"', list: [new RawJson(json), "x"], after: new RawJson(json) }),
    ).toBe(`{"before":"\\"","list":[${json},"x"],"after":${json}}`);
  }
  expect(writeJson(new RawJson('{\r\n  "a": 1\n}'))).toBe('{   "a": 1 }');
});

test("JSON reads as JavaScript reads it, and writes as it was, without white space", () => {
  for (const [json, written = json] of [
    ["1"],
    [' [ 1.0 , "1.0" , { } ] ', '[1.0,"1.0",{}]'],
    ['{"a":1,"b":2.5,"c":[true,false,null,"x"]}'],
    ['{"1":1,"2":2}'],
    ['{"2":1,"1":{"b":1,"a":-0.0}}'],
    ['{"\\u0032":1,"1":2}', '{"2":1,"1":2}'],
    ['{"a":1.0,"a":2}', '{"a":2}'],
    ['{"b":1,"a":1.0,"b":3}', '{"b":3,"a":1.0}'],
    ['{"__proto__":{"x":1.0},"y":"\\ud83d"}'],
    ["123456789012345678901234567890"],
    ["[1e5,1E+5,100000,1e21,1e-7,0.0000001,-1.5e300]"],
  ] as const) {
    const value = parseJson(json);
    const plain: unknown = JSON.parse(json);
    expect(JSON.stringify(value)).toBe(JSON.stringify(plain));
    expect(jsonText(value)).toBe(written);
  }
});

test("whether anything would be changed is found in one pass, with how deep it nests", () => {
  const none = [
    '{"a":[1,2.5,"9007199254740993","10:"],"b":{"x1":-3,"123456789012345":1e-7}}',
    '"12"',
  ];
  expect(none.map((json) => scanJson(json).mayChange)).toEqual([true, false]);
  expect(scanJson('{"a":[1,2.5,"9007199254740993","10:"],"b":"\\"1.0"}')).toEqual({
    depth: 2,
    mayChange: false,
  });
  for (const json of ["1.0", "-0", "[1e2]", '{"1":0}', '{"1" :0}', "9007199254740993", "1e400"]) {
    expect([json, scanJson(json).mayChange]).toEqual([json, true]);
  }
});

test("the members of an object are verbatim, however deep it nests", () => {
  const deep = "[".repeat(50_000) + "]".repeat(50_000);
  expect(membersOf(`{ "a" : 1.0 , "10":{ "x" : "}" },"2": ${deep} }`)).toEqual([
    ["a", "1.0"],
    ["10", '{ "x" : "}" }'],
    ["2", deep],
  ]);
});
