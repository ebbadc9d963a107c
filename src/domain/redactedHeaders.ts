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

const knownNames = new Map<string, boolean>();
const MAX_KNOWN_NAMES = 1_000;

/** Targets send the same few names again and again. */
function isSensitive(name: string): boolean {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  if (knownNames.size >= MAX_KNOWN_NAMES) knownNames.clear();
  const found = sensitive.test(name);
  knownNames.set(name, found);
  return found;
}

const redact = (
  headers: Record<string, string>,
  show: (name: string, value: string) => string,
): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, show(name, value)]));

/** Headers of a request, or of a hook's or step's own, as they may be shown and recorded; `secret` names never. */
export const redactRequestHeaders = (
  headers: Record<string, string>,
  secret: readonly string[] = [],
): Record<string, string> =>
  redact(headers, (given, value) => {
    const name = given.toLowerCase();
    const isShown = (shown.has(name) || shownPrefix.test(name)) && !secret.includes(name);
    return isShown ? value : REDACTED;
  });

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
