import { expect, test } from "vitest";
import { readTrace, traceHeaders, traceIdOf } from "../../src/util/traceContext.ts";

const id = "4bf92f3577b34da6a3ce929d0e0e4736";
const parent = `00-${id}-00f067aa0ba902b7-01`;

test("a valid traceparent is kept as it came, and its trace id is read from it", () => {
  for (const one of [parent, parent.replace(/1$/, "0"), parent.replace(/1$/, "3")])
    expect(readTrace(one, undefined)).toBe(one);
  expect(traceIdOf(readTrace(parent, undefined))).toBe(id);
  expect(traceHeaders(readTrace(parent, undefined))).toEqual({ traceparent: parent });
  expect(traceIdOf(null)).toBeNull();
  expect(traceHeaders(null)).toBeUndefined();
});

test.each([
  ["none", undefined],
  ["empty", ""],
  ["no text", 5],
  ["null", null],
  ["two of them", `${parent}, ${parent}`],
  ["upper case", parent.toUpperCase()],
  ["a space", ` ${parent}`],
  ["a trace id of zeros", parent.replace(id, "0".repeat(32))],
  ["a span id of zeros", parent.replace("00f067aa0ba902b7", "0".repeat(16))],
  ["the version ff", parent.replace(/^00/, "ff")],
  ["too short", parent.slice(0, -1)],
  ["more than version 00 has", `${parent}-extra`],
  ["no hexadecimal digits", parent.replace("4bf", "4bg")],
  ["a line break", `${parent}\n`],
])("an invalid traceparent is none: %s", (_what, text) => {
  expect(readTrace(text, "a=1")).toBeNull();
});

test("of a later version the ids and whether it is sampled are known, and version 00 is sent on", () => {
  const later = (end: string) => readTrace(`cc-${id}-00f067aa0ba902b7-${end}`, undefined);
  expect(later("01")).toBe(parent);
  expect(later("09-what-the-future-will-be")).toBe(parent);
  expect(later("02")).toBe(parent.replace(/1$/, "0"));
  expect(later("01.more")).toBeNull();
});

const stateOf = (text: unknown) => traceHeaders(readTrace(parent, text))?.tracestate;

test("a valid tracestate is kept, without empty members and the spaces around members", () => {
  expect(stateOf("congo=t61rcWkgMzE,rojo=00f067aa0ba902b7")).toBe(
    "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
  );
  expect(stateOf(" a=1 ,\t, b=2,")).toBe("a=1,b=2");
  expect(stateOf("tenant@system=x y=z")).toBeUndefined();
  expect(stateOf("tenant@system=x y")).toBe("tenant@system=x y");
  expect(stateOf("0tenant@a=1,a*/-_b=2")).toBe("0tenant@a=1,a*/-_b=2");
});

test.each([
  ...["", ",", "a", "a=", "=1", "a =1", "A=1", "aB=1", "0=1", "a@=1", "a@0=1", "a=1,b", "a=é"],
  ...["a=\u0007", `${"a".repeat(257)}=1`, `a=${"1".repeat(257)}`, 5, null, undefined],
  Array.from({ length: 33 }, (_, n) => `k${n}=1`).join(","),
])("an invalid tracestate is left out, and the traceparent stays: %j", (text) => {
  expect(readTrace(parent, text)).toBe(parent);
});

test("a tracestate of over 512 characters loses whole members: those over 128 first, then the last ones", () => {
  const member = (key: string, length: number) => `${key}=`.padEnd(length, "1");
  const full = ["a", "b", "c", "d"].map((key) => member(key, 128)).join(",");
  expect(full).toHaveLength(515);
  expect(stateOf(full)).toBe(full.slice(0, 386));
  const fits = [member("a", 128), member("b", 128), member("c", 128), member("d", 125)].join(",");
  expect(stateOf(fits)).toBe(fits);
  const withLong = [member("a", 256), "b=2", member("c", 252), "d=4"].join(",");
  expect(withLong).toHaveLength(517);
  expect(stateOf(withLong)).toBe([member("a", 256), "b=2", "d=4"].join(","));
});
