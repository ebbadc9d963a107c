import { literalAddress } from "../../domain/hook/target.ts";
import type { AddressGuard } from "./addressGuard.ts";
import type { Resolver } from "./resolver.ts";

/** RFC 6761: localhost is this machine, whatever a name server answers. */
const isLocalhost = (name: string) => name === "localhost" || name.endsWith(".localhost");

/**
 * Returns the addresses of a URL's host, unchecked. For localhost, only the addresses that the
 * operator has allowed, so that allowing 127.0.0.0/8 suffices. Rejects with the resolver's error.
 */
export async function lookup(
  guard: AddressGuard,
  resolver: Resolver,
  url: URL,
  asked: { holder?: string | undefined; signal: AbortSignal },
): Promise<string[]> {
  const literal = literalAddress(url);
  if (literal !== null) return [literal];
  if (!isLocalhost(url.hostname)) return resolver.resolve(url.hostname, asked.holder, asked.signal);
  const loopback = ["127.0.0.1", "::1"];
  const allowed = loopback.filter((ip) => guard.isListed(ip));
  return allowed.length > 0 ? allowed : loopback;
}
