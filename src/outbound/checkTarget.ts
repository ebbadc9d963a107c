import { setTimeout as delay } from "node:timers/promises";
import { mistake } from "../domain/errors.ts";
import { checkPublic, parseTarget, portOf } from "../domain/target.ts";
import type { AddressGuard } from "./addressGuard.ts";
import { lookup } from "./lookup.ts";
import type { Resolver } from "./resolver.ts";

const patienceMs = 1500;

/**
 * Judges a target that is about to be saved and returns the text to store. A name that cannot be resolved within
 * 1.5 s is accepted, for every call judges its address again. Throws INVALID or TARGET_REFUSED, without saying
 * which addresses a name has.
 */
export async function checkTarget(
  guard: AddressGuard,
  resolver: Resolver,
  raw: string,
  rules: { requireHttps: boolean },
): Promise<string> {
  const url = parseTarget(raw, rules);
  const addresses = await Promise.race([
    lookup(guard, resolver, url).catch(() => []),
    delay<string[]>(patienceMs, [], { ref: false }),
  ]);
  const isListed = addresses.length > 0 && addresses.every((ip) => guard.isListed(ip));
  if (!isListed) checkPublic(url);
  if (!addresses.every((ip) => guard.allows(ip, portOf(url)))) {
    throw mistake(
      "TARGET_REFUSED",
      `url's host ${url.hostname} may not be called: its address is private or reserved`,
      ["url"],
    );
  }
  return raw;
}
