import { userError } from "../../util/userError.ts";

const maxLength = 2048;

/** Ports from 1024 on that are used for protocols other than HTTP; a POST there can do harm. */
const servicePorts = new Set([
  1080, 1433, 1434, 1521, 2049, 2181, 2375, 2376, 2379, 2380, 3128, 3306, 3389, 4369, 5060, 5061,
  5432, 5433, 5672, 5900, 5984, 6000, 6379, 6667, 8086, 9042, 9092, 9200, 9300, 10250, 11211, 27017,
  27018, 27019,
]);
const webPorts = new Set([80, 443, 8080, 8443]);

const privateSuffix = /(?:^|\.)(?:local|localhost|internal|home\.arpa|onion)$/;
const ipv4 = /^\d+\.\d+\.\d+\.\d+$/;

const invalid = (message: string) => userError("INVALID", message, ["url"]);
const refused = (message: string) => userError("TARGET_REFUSED", message, ["url"]);

/**
 * Returns a target's URL as it will be called. Throws INVALID or TARGET_REFUSED when it may not be called, and
 * Overloaded when the hub cannot resolve names just now. Projects share the capacity for name lookups.
 */
export type CheckTarget = (url: string, projectId: string) => Promise<string>;

/**
 * Whether `port` is one that web services use: 80, 443, 8080, 8443, or from 1024 on except for known other services.
 */
export const isWebPort = (port: number): boolean =>
  webPorts.has(port) || (port >= 1024 && !servicePorts.has(port));

/** The port of a URL, as a number. */
export const portOf = (url: URL): number =>
  url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);

/**
 * The IP address in a URL, or null for a host name. WHATWG parsing has already turned `2130706433`, `0x7f.1` and the
 * like into dotted decimals, so every spelling is covered.
 */
export function literalAddress(url: URL): string | null {
  if (url.hostname.startsWith("[")) return url.hostname.slice(1, -1);
  return ipv4.test(url.hostname) ? url.hostname : null;
}

/** Scheme and authority: the part that is used from the parsed URL. */
const site = /^https?:\/\/([^/?#]*)/i;

/**
 * Path and query for the request line, as given: WHATWG parsing would write `'` as %27 and drop a trailing `?`. Only
 * what HTTP cannot transmit is percent-encoded.
 */
export function requestTarget(raw: string): string {
  const rest = raw.replace(site, "").replace(/[^\x21-\x7e]+/g, encodeURIComponent);
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/**
 * Parses a target URL strictly, for checks; the text itself is stored as given. Throws INVALID when it is not such a
 * URL, and TARGET_REFUSED for credentials, trailing-dot hosts, and http where the operator requires https.
 */
export function parseTarget(raw: string, rules: { requireHttps: boolean }): URL {
  if (raw.length > maxLength) throw invalid(`url has at most ${maxLength} characters`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are refused
  if (/[\s\\\u0000-\u0020\u007f-\u009f\p{Cs}\p{Cf}]/u.test(raw)) {
    throw invalid(
      "url holds no spaces, backslashes, control characters or others that cannot be seen: percent-encode them",
    );
  }
  const authority = site.exec(raw)?.[1];
  if (!authority || !URL.canParse(raw)) {
    throw invalid("url is an absolute http or https URL, such as https://example.com/hook");
  }
  const url = new URL(raw);
  if (url.href.length > maxLength)
    throw invalid(`url has at most ${maxLength} characters, encoded`);
  if (raw.includes("#")) throw invalid("url has no fragment (#…): it would never be sent");
  if (authority.includes("@")) {
    throw refused("url holds no user name or password: send credentials in the hook's headers");
  }
  if (url.hostname.endsWith(".")) throw refused("url's host does not end in a dot");
  if (rules.requireHttps && url.protocol !== "https:") {
    throw refused("url may not be called over http here: use https");
  }
  return url;
}

const setting = "the operator may allow its address by SIGNALBOX_ALLOW_TARGETS";

/** Throws TARGET_REFUSED for a port that web services do not use. Allowed addresses may be called on any port. */
export function checkPort(url: URL): void {
  if (isWebPort(portOf(url))) return;
  throw refused(
    `url's port ${portOf(url)} may not be called: use 443, 80 or one for web services; ${setting}`,
  );
}

/** Throws TARGET_REFUSED for an unresolvable name that only a private network could know. */
export function checkName({ hostname }: URL): void {
  if (hostname.includes(".") && !privateSuffix.test(hostname)) return;
  throw refused(
    `url's host ${hostname} may not be called: it is a private network's name, and has no address here now; ${setting}`,
  );
}
