import { checkName, checkPort, parseTarget, portOf } from "../../domain/hook/target.ts";
import { Overloaded } from "../../util/overloaded.ts";
import { userError } from "../../util/userError.ts";
import { toHubFailure } from "../call/hubFailure.ts";
import type { AddressGuard } from "./addressGuard.ts";
import { lookup } from "./lookup.ts";
import type { Resolver } from "./resolver.ts";

const lookupTimeoutMs = 1500;

/**
 * Checks a target before it is saved and returns the text to store. The resolved addresses decide.
 * A name that cannot be resolved within 1.5 s is accepted if it looks public, because every call
 * checks its addresses again. Throws INVALID or TARGET_REFUSED without revealing the addresses of a
 * name; Overloaded if the hub lacks resources.
 */
export async function checkTarget(
  guard: AddressGuard,
  resolver: Resolver,
  raw: string,
  rules: { requireHttps: boolean; holder?: string },
): Promise<string> {
  const url = parseTarget(raw, rules);
  const addresses = await resolved(guard, resolver, url, rules.holder);
  const isListed = addresses.length > 0 && addresses.every((ip) => guard.isListed(ip));
  if (!isListed) checkPort(url);
  if (addresses.length === 0) checkName(url);
  if (!addresses.every((ip) => guard.allows(ip, portOf(url)))) {
    throw userError(
      "TARGET_REFUSED",
      `url's host ${url.hostname} may not be called: its address is private or reserved, and not in the operator's SIGNALBOX_ALLOW_TARGETS`,
      ["url"],
    );
  }
  return raw;
}

async function resolved(
  guard: AddressGuard,
  resolver: Resolver,
  url: URL,
  holder?: string,
): Promise<string[]> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), lookupTimeoutMs);
  timer.unref();
  const timedOut = new Promise<string[]>((resolve) =>
    timeout.signal.addEventListener("abort", () => resolve([])),
  );
  try {
    const found = lookup(guard, resolver, url, { holder, signal: timeout.signal });
    return await Promise.race([found, timedOut]);
  } catch (error) {
    const shortage = toHubFailure(error);
    if (!shortage) return [];
    throw new Overloaded(`The url could not be checked: ${shortage.message}. Try again in 1 s.`, 1);
  } finally {
    clearTimeout(timer);
  }
}
