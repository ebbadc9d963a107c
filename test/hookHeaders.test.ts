import { describe, expect, test } from "vitest";
import { UserMistake } from "../src/domain/errors.ts";
import { checkHeaders, redactHeaders } from "../src/domain/hookHeaders.ts";

const mistakeOf = (headers: unknown) => {
  try {
    checkHeaders(headers);
  } catch (error) {
    if (error instanceof UserMistake) return error.entries[0];
    throw error;
  }
  return undefined;
};

describe("a hook's own headers", () => {
  test("are kept as they are given, and none when absent", () => {
    const headers = { Authorization: "Bearer x", "X-Team": "billing é", "x-empty": "" };
    expect(checkHeaders(headers)).toEqual(headers);
    expect(checkHeaders(null)).toEqual({});
    expect(checkHeaders(undefined)).toEqual({});
  });

  test.each([
    ...["Host", "connection", "Keep-Alive", "te", "trailer", "Transfer-Encoding", "upgrade"],
    ...["Content-Length", "content-type", "content-encoding", "expect", "proxy-authorization"],
    ...["Cookie", "forwarded", "X-Forwarded-For", "x-real-ip", "x-amz-date", "x-goog-api-client"],
    ...["metadata-flavor", "Metadata", "webhook-id", "Webhook-Signature", "user-agent", "ce-id"],
    ...["signalbox-attempt", "", "a b", "a:b", "a\r\nb", "é", "a\0"],
  ])("are INVALID when one is named %j", (name) => {
    expect(mistakeOf({ [name]: "x" })).toMatchObject({ code: "INVALID", path: ["headers", name] });
  });

  test.each([
    "a\r\nx-evil: 1",
    "a\nb",
    "a\rb",
    "a\0b",
    "a\u007fb",
    "☃",
    "x".repeat(4097),
    5,
    null,
    {},
  ])("are INVALID when one's value is %j", (value) => {
    expect(mistakeOf({ "x-a": value })).toMatchObject({ path: ["headers", "x-a"] });
  });

  test("are INVALID as a list, above 20, or twice in different cases", () => {
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`x-${i}`, ""]));
    for (const headers of [[], "x", 1, true, many]) {
      expect(mistakeOf(headers)).toMatchObject({ code: "INVALID", path: ["headers"] });
    }
    expect(mistakeOf({ "X-A": "1", "x-a": "2" })).toMatchObject({ path: ["headers", "x-a"] });
  });

  test("cannot reach the prototype of the record", () => {
    const headers = checkHeaders(JSON.parse('{"__proto__": "x"}'));
    expect(Object.keys(headers)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });

  test("are shown without credentials, while the signature stays", () => {
    const secret = ["Authorization", "Cookie", "Proxy-Authorization", "X-API-Key", "x-auth-token"];
    const hidden = [...secret, "X-Hook-Secret", "db-password", "apikey", "x-signature-key"];
    const shown = { "webhook-signature": "v1,abc", "webhook-id": "1", "x-team": "a" };
    const redacted = redactHeaders({
      ...shown,
      ...Object.fromEntries(hidden.map((n) => [n, "s"])),
    });
    expect(redacted).toEqual({
      ...shown,
      ...Object.fromEntries(hidden.map((name) => [name, "[redacted]"])),
    });
  });
});
