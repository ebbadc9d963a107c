/** Shown in place of a secret value. */
export const REDACTED = "[redacted]";

/**
 * Request headers whose values are shown. An allow list, because no list of names covers all credentials:
 * `X-Functions-Key`, `api_key` and `x-team` may each hold one.
 */
const shown = new Set([
  ...["accept", "accept-encoding", "accept-language", "cache-control", "connection"],
  ...["content-length", "content-type", "host", "traceparent", "tracestate", "user-agent"],
]);
/** Headers that only the hub sets. */
const shownPrefix = /^(?:webhook-|svix-|ce-|signalbox-)/;

/**
 * Response headers that hold credentials or request them. All others are shown, because they explain why a call failed.
 */
const sensitive =
  /authoriz|authenticat|cookie|token|secret|passw|credential|session|csrf|xsrf|api[-_]?key|signature[-_]?key/i;

const MAX_KNOWN_NAMES = 1_000;

/** Cached, because the hub and its targets send the same few names again and again. */
function memoized(test: (name: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    if (known.size >= MAX_KNOWN_NAMES) known.clear();
    const result = test(name);
    known.set(name, result);
    return result;
  };
}

const isSensitive = memoized((name) => sensitive.test(name));
const isHarmless = memoized((given) => {
  const name = given.toLowerCase();
  return shown.has(name) || shownPrefix.test(name);
});

/** Whether the name of a custom header tells of a credential. Where it does not, the value may still be one. */
export const isSensitiveHeader = (name: string): boolean => /key/i.test(name) || isSensitive(name);

/** Returns the same object when everything is shown, as is nearly always the case. */
function redact(
  headers: Record<string, string>,
  show: (name: string, value: string) => string,
): Record<string, string> {
  const names = Object.keys(headers);
  if (names.every((name) => show(name, headers[name] ?? "") === headers[name])) return headers;
  return Object.fromEntries(names.map((name) => [name, show(name, headers[name] ?? "")]));
}

/**
 * Request headers, or custom headers of a hook or step, as they may be shown and recorded. Names in `secret` are never
 * shown.
 */
export const redactRequestHeaders = (
  headers: Record<string, string>,
  secret: readonly string[] = [],
): Record<string, string> =>
  redact(headers, (name, value) =>
    isHarmless(name) && !secret.includes(name.toLowerCase()) ? value : REDACTED,
  );

/** Response headers as they may be shown and recorded. */
export const redactResponseHeaders = (headers: Record<string, string>): Record<string, string> =>
  redact(headers, (name, value) => {
    if (isSensitive(name)) return REDACTED;
    return name.toLowerCase() === "location" ? redactLocation(value) : value;
  });

/** The target of a redirect, without its user name, password and query. */
const redactLocation = (value: string): string =>
  value
    .replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/?#]*@/i, `$1//${REDACTED}@`)
    .replace(/[?#].*$/s, `?${REDACTED}`);
