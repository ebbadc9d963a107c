import type { SealedSecret } from "../../db/hook/hooks.ts";
import { userError } from "../../util/userError.ts";

const MAX_LIVE_SECRETS = 5;
const MAX_OVERLAP_HOURS = 24 * 7;

/** Throws INVALID unless it is a whole number of hours from 0 to 168. */
export function checkOverlap(overlapHours: number): void {
  if (Number.isInteger(overlapHours) && overlapHours >= 0 && overlapHours <= MAX_OVERLAP_HOURS)
    return;
  throw userError("INVALID", `overlapHours must be a whole number from 0 to ${MAX_OVERLAP_HOURS}`, [
    "overlapHours",
  ]);
}

/** The secrets that still sign. */
export const liveSecrets = (secrets: SealedSecret[], now: number): SealedSecret[] =>
  secrets.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > now);

/**
 * The new secret, followed by the old ones, which keep signing for `overlapHours`, so that a receiver can change
 * without a gap. At most 5 are live.
 */
export function rotateSecrets(
  old: SealedSecret[],
  fresh: Omit<SealedSecret, "expiresAt">,
  overlapHours: number,
  now = Date.now(),
): SealedSecret[] {
  const end = new Date(now + overlapHours * 3_600_000).toISOString();
  const ending = old.map((secret) => ({
    ...secret,
    expiresAt: secret.expiresAt !== null && secret.expiresAt < end ? secret.expiresAt : end,
  }));
  const kept = liveSecrets(ending, now).slice(0, MAX_LIVE_SECRETS - 1);
  return [{ ...fresh, expiresAt: null }, ...kept];
}
