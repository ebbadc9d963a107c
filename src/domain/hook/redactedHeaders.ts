/** What is shown in the place of a secret value. */
export const REDACTED = "[redacted]";

/**
 * Headers of requests whose values are shown. A list of the harmless, for no list of names tells all credentials:
 * `X-Functions-Key`, `api_key` and `x-team` may each be one.
 */
const shown = new Set([
  ...["accept", "accept-encoding", "accept-language", "cache-control", "connection"],
  ...["content-length", "content-type", "host", "traceparent", "tracestate", "user-agent"],
]);
/** What the hub sets itself, and nobody else may. */
const shownPrefix = /^(?:webhook-|ce-|signalbox-)/;

/** Headers of answers that are credentials or ask for some. The others are shown: they say why a call failed. */
const sensitive =
  /authoriz|authenticat|cookie|token|secret|passw|credential|session|csrf|xsrf|api[-_]?key|signature[-_]?key/i;

const MAX_KNOWN_NAMES = 1_000;

/** The hub and its targets send the same few names again and again. */
function remembering(judge: (name: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    if (known.size >= MAX_KNOWN_NAMES) known.clear();
    const judged = judge(name);
    known.set(name, judged);
    return judged;
  };
}

const isSensitive = remembering((name) => sensitive.test(name));
const isHarmless = remembering((given) => {
  const name = given.toLowerCase();
  return shown.has(name) || shownPrefix.test(name);
});

/** The same object where everything is shown, as it nearly always is. */
function redact(
  headers: Record<string, string>,
  show: (name: string, value: string) => string,
): Record<string, string> {
  const names = Object.keys(headers);
  if (names.every((name) => show(name, headers[name] ?? "") === headers[name])) return headers;
  return Object.fromEntries(names.map((name) => [name, show(name, headers[name] ?? "")]));
}

/** Headers of a request, or of a hook's or step's own, as they may be shown and recorded; `secret` names never. */
export const redactRequestHeaders = (
  headers: Record<string, string>,
  secret: readonly string[] = [],
): Record<string, string> =>
  redact(headers, (name, value) =>
    isHarmless(name) && !secret.includes(name.toLowerCase()) ? value : REDACTED,
  );

/** Headers of an answer as they may be shown and recorded. */
export const redactResponseHeaders = (headers: Record<string, string>): Record<string, string> =>
  redact(headers, (name, value) => {
    if (isSensitive(name)) return REDACTED;
    return name.toLowerCase() === "location" ? redactLocation(value) : value;
  });

/** Where a redirect leads, without its user name, password and query. */
const redactLocation = (value: string): string =>
  value
    .replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/?#]*@/i, `$1//${REDACTED}@`)
    .replace(/[?#].*$/s, `?${REDACTED}`);
