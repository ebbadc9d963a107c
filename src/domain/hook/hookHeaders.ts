import { isObject } from "../../util/json/isObject.ts";
import { userError } from "../../util/userError.ts";

const maxHeaders = 20;
const maxValueBytes = 4096;

/** RFC 9110 token. */
const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i;
/** RFC 9110 field value: no CR, LF, NUL or other control characters, and nothing outside Latin-1. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Headers that the hub sets itself, that control the connection, or that proxies and cloud services trust. */
const forbidden = new Set([
  ...[
    "host",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
  ],
  ...["content-length", "content-type", "content-encoding", "accept-encoding", "user-agent"],
  ...["cookie", "forwarded", "x-real-ip", "metadata", "metadata-flavor"],
  ...["traceparent", "tracestate"],
]);
const forbiddenPrefix = /^(?:proxy-|x-forwarded-|x-amz-|x-goog-|webhook-|svix-|ce-|signalbox-)/;

/**
 * Checks the custom headers of a hook or a workflow step: at most 20, values up to 4096 bytes. Absent means none.
 * Throws INVALID with the header's name in the path.
 */
export function checkHeaders(headers: unknown): Record<string, string> {
  if (headers === null || headers === undefined) return {};
  if (!isObject(headers)) {
    throw userError("INVALID", 'headers is an object such as {"x-team": "billing"}', ["headers"]);
  }
  const entries = Object.entries(headers);
  if (entries.length > maxHeaders) {
    throw userError("INVALID", `headers has at most ${maxHeaders} entries`, ["headers"]);
  }
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    const problem = problemOf(name, value, seen);
    if (problem) throw userError("INVALID", `header ${problem}`, ["headers", name]);
    seen.add(name.toLowerCase());
  }
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}

function problemOf(name: string, value: unknown, seen: Set<string>): string | null {
  const key = name.toLowerCase();
  if (!token.test(name)) return "names are letters, digits and -, without spaces";
  if (forbidden.has(key) || forbiddenPrefix.test(key)) return `${key} is not yours to set`;
  if (seen.has(key)) return `${key} is given twice, in different cases`;
  if (typeof value !== "string") return `${key} has a text value`;
  if (!fieldValue.test(value)) return `${key} has a value without line breaks and Latin-1 only`;
  if (value.length > maxValueBytes) return `${key} has a value of at most ${maxValueBytes} bytes`;
  return null;
}

/** Headers with what changes of them, whatever the case of their names; null takes one away. */
export function changedHeaders(
  before: Record<string, string>,
  changes: Record<string, string | null>,
): Record<string, string> {
  const given = new Set(Object.keys(changes).map((name) => name.toLowerCase()));
  return Object.fromEntries([
    ...Object.entries(before).filter(([name]) => !given.has(name.toLowerCase())),
    ...Object.entries(changes).filter((entry): entry is [string, string] => entry[1] !== null),
  ]);
}
