import ipaddr from "ipaddr.js";
import { literalAddress, portOf } from "../../domain/hook/target.ts";

export type ProxySettings = { http?: string; https?: string; except: string[] };

/** A proxy that tunnels connections (CONNECT). */
export type EgressProxy = {
  /** Without user and password. */
  url: URL;
  /** The value of Proxy-Authorization. */
  authorization?: string;
};

/** The proxy to the host of this URL; null if it is called directly. */
export type ProxyFor = (url: URL) => EgressProxy | null;

function proxyOf(href: string): EgressProxy {
  const url = new URL(href);
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  url.username = "";
  url.password = "";
  if (user === "" && password === "") return { url };
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  return { url, authorization };
}

/** The hosts of the proxies. */
export const proxyHosts = ({ http, https }: Partial<ProxySettings> = {}): string[] =>
  [http, https].flatMap((href) => {
    const url = href === undefined ? null : new URL(href);
    return url ? [literalAddress(url) ?? url.hostname] : [];
  });

/** Whether an entry of NO_PROXY names the address: it alone, or a range that it is in. */
function namesAddress(entry: string, address: string): boolean {
  const own = ipaddr.process(address);
  const bare = entry.replace(/^\[|\]$/g, "");
  if (ipaddr.isValid(bare)) return ipaddr.process(bare).toString() === own.toString();
  if (!ipaddr.isValidCIDR(entry)) return false;
  const [start, bits] = ipaddr.parseCIDR(entry);
  return start.kind() === own.kind() && own.match(start, bits);
}

/**
 * Whether an entry of NO_PROXY names the host of a URL: `*`; a name, for itself and everything below it; an address or
 * a range of them, for URLs with addresses. A port limits it.
 */
function names(entry: string, url: URL): boolean {
  if (entry === "*") return true;
  const [, given = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
  const host = given === "" ? entry : given;
  if (port !== undefined && given !== "" && Number(port) !== portOf(url)) return false;
  const address = literalAddress(url);
  if (address !== null) return namesAddress(host, address);
  const name = host.toLowerCase().replace(/^\*?\./, "");
  return url.hostname === name || url.hostname.endsWith(`.${name}`);
}

/** Decides which calls go through a proxy. */
export function createProxyFor(settings: ProxySettings | undefined): ProxyFor {
  if (!settings) return () => null;
  const { http, https, except } = settings;
  const proxies: Record<string, EgressProxy | undefined> = {
    ...(http && { "http:": proxyOf(http) }),
    ...(https && { "https:": proxyOf(https) }),
  };
  return (url) =>
    except.some((entry) => names(entry, url)) ? null : (proxies[url.protocol] ?? null);
}
