import { describe, expect, test } from "vitest";
import { checkHeaders } from "../../src/domain/hook/hookHeaders.ts";
import {
  redactRequestHeaders,
  redactResponseHeaders,
} from "../../src/domain/hook/redactedHeaders.ts";
import { UserError } from "../../src/util/userError.ts";

const mistakeOf = (headers: unknown) => {
  try {
    checkHeaders(headers);
  } catch (error) {
    if (error instanceof UserError) return error.entries[0];
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
    ...["signalbox-attempt", "traceparent", "TraceState", "", "a b", "a:b", "a\r\nb", "é", "a\0"],
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

  test("are shown without their values, but for a few that hold no secret", () => {
    const hidden = [
      ...["Authorization", "X-Functions-Key", "api_key", "apikey", "X-API-Key", "x-auth", "x-team"],
      ...["db-password", "X-Hook-Secret", "Ocp-Apim-Subscription-Key", "X-Amz", "x-webhook-id", ""],
      ...["key", "__proto__", "constructor", "acceptance", "cookie", "ce", "signalbox"],
    ];
    const shown = { Accept: "text/html", "accept-language": "de", "cache-control": "no-cache" };
    const hub = {
      ...{
        host: "a",
        connection: "keep-alive",
        "user-agent": "signalbox/1",
        "content-length": "2",
      },
      ...{ "content-type": "application/json", "accept-encoding": "identity" },
      ...{ "webhook-id": "1", "webhook-signature": "v1,abc", "ce-type": "a" },
      ...{ "signalbox-attempt": "1" },
    };
    const redacted = redactRequestHeaders({
      ...shown,
      ...hub,
      ...Object.fromEntries(hidden.map((name) => [name, "s3cret"])),
    });
    expect(redacted).toEqual({
      ...shown,
      ...hub,
      ...Object.fromEntries(hidden.map((name) => [name, "[redacted]"])),
    });
    expect(redactRequestHeaders(shown, ["accept"]).Accept).toBe("[redacted]");
  });
});

test("an answer's headers are shown without cookies, challenges and other credentials", () => {
  const hidden = [
    ...["Set-Cookie", "set-cookie2", "WWW-Authenticate", "proxy-authenticate", "x-auth-token"],
    ...["Authentication-Info", "authorization", "X-Hook-Secret", "x-csrf-token", "x-session-id"],
    ...["api_key", "X-Api-Key", "x-amz-security-token", "proxy-authorization"],
  ];
  const shown = {
    ...{ date: "now", "retry-after": "5", "content-type": "text/plain", "x-request-id": "7" },
    ...{ "webhook-allowed-origin": "*", server: "nginx", location: "/next" },
  };
  const all = { ...shown, ...Object.fromEntries(hidden.map((name) => [name, "s3cret"])) };
  expect(redactResponseHeaders(all)).toEqual({
    ...shown,
    ...Object.fromEntries(hidden.map((name) => [name, "[redacted]"])),
  });
});

test.each([
  ["https://user:s3cret@example.com/a", "https://[redacted]@example.com/a"],
  ["//s3cret@example.com", "//[redacted]@example.com"],
  ["HTTPS://a:s@b@example.com/?t=s3cret#s", "HTTPS://[redacted]@example.com/?[redacted]"],
  ["/login?next=s3cret", "/login?[redacted]"],
  ["https://example.com/a@b", "https://example.com/a@b"],
])("the location %s is shown as %s", (location, expected) => {
  expect(redactResponseHeaders({ location }).location).toBe(expected);
});
