/**
 * W3C Trace Context. A trace is kept as one text: the `traceparent`, and after a space the `tracestate` when there is
 * one.
 */

const ZEROS = /^0+$/;
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
/** A member of a tracestate: a key, which may name a tenant, and a value. */
const MEMBER =
  /^([a-z][\w\-*/]{0,255}|[a-z\d][\w\-*/]{0,240}@[a-z][\w\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const UPPER_CASE_KEY = /^[^=]*[A-Z]/;

const MAX_MEMBERS = 32;
/** Members longer than this are the first to go when there is too much. */
const LONG_MEMBER = 128;
const MAX_TRACESTATE = 512;

/** The trace's parent as version 00 has it; null when it is invalid. */
function readTraceparent(text: unknown): string | null {
  if (typeof text !== "string") return null;
  const [, version = "ff", traceId = "", spanId = "", flags = "", more] =
    TRACEPARENT.exec(text) ?? [];
  if (version === "ff" || ZEROS.test(traceId) || ZEROS.test(spanId)) return null;
  if (version === "00") return more === undefined ? text : null;
  // Of a later version this one knows the ids, and whether the trace is sampled.
  const isSampled = Number.parseInt(flags, 16) % 2;
  return `00-${traceId}-${spanId}-0${isSampled}`;
}

/** A valid tracestate without what is too much: whole members are left out, long ones first, then the last. */
function readTracestate(text: unknown): string | null {
  if (typeof text !== "string") return null;
  const members = text.split(",").map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ""));
  const given = members.filter((member) => member !== "");
  const isValid = given.every((member) => MEMBER.test(member) && !UPPER_CASE_KEY.test(member));
  if (given.length === 0 || given.length > MAX_MEMBERS || !isValid) return null;
  const isTooLong = () => given.join(",").length > MAX_TRACESTATE;
  for (let at = given.length - 1; at >= 0 && isTooLong(); at -= 1)
    if ((given[at] ?? "").length > LONG_MEMBER) given.splice(at, 1);
  while (isTooLong()) given.pop();
  return given.length === 0 ? null : given.join(",");
}

/** The trace that two headers or attributes of these names tell; null when `traceparent` is absent or invalid. */
export function readTrace(traceparent: unknown, tracestate: unknown): string | null {
  // Most requests have none.
  if (traceparent === undefined) return null;
  const parent = readTraceparent(traceparent);
  if (parent === null) return null;
  const state = readTracestate(tracestate);
  return state === null ? parent : `${parent} ${state}`;
}

type TraceHeaders = { traceparent: string; tracestate?: string };

/** The headers or attributes of a trace; none without one. */
export function traceHeaders(trace: string | null): TraceHeaders | undefined {
  if (trace === null) return undefined;
  const end = trace.indexOf(" ");
  if (end < 0) return { traceparent: trace };
  return { traceparent: trace.slice(0, end), tracestate: trace.slice(end + 1) };
}

/** What log lines about a request or an event say of its trace. */
export const traceFields = (trace: string | null): { trace_id: string } | undefined =>
  trace === null ? undefined : { trace_id: trace.slice(3, 35) };

/** The 32 hexadecimal digits that all spans of a trace share. */
export const traceIdOf = (trace: string | null): string | null => trace?.slice(3, 35) ?? null;
