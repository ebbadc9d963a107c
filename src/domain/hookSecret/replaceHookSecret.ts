import type { HookRow } from "../../db/hook/hooks.ts";
import { changeHook, type HookServices, rejectDeleted } from "../hook/hook.ts";
import { makeSecret, signatureOf } from "./hookSignature.ts";
import { checkOverlap, rotateSecrets } from "./secretRotation.ts";

/** A hook, and its new secret for the receiver; null when that is its public key. */
type Replaced = { hook: HookRow; secret: string | null };

/**
 * Gives a hook a new secret of its kind. The old ones keep signing for `overlapHours` (0..168), so that a receiver can
 * change without a gap. At most 5 are live.
 */
export function rotateHookSecret(
  services: HookServices,
  projectId: string,
  id: string,
  overlapHours: number,
): Promise<Replaced> {
  checkOverlap(overlapHours);
  return replaceHookSecret(services, projectId, id, null, overlapHours);
}

/** The same with a secret that the caller may choose, and an overlap in parts of hours. Throws INVALID for other secrets. */
export async function replaceHookSecret(
  { sql, box }: HookServices,
  projectId: string,
  id: string,
  given: string | null,
  overlapHours: number,
): Promise<Replaced> {
  let secret: string | null = null;
  const hook = await changeHook(sql, projectId, id, "rotateHookSecret", async (current) => {
    rejectDeleted(current);
    const { stored, shown } = makeSecret(box, current, signatureOf(current), given);
    secret = shown;
    return { ...current, secrets: rotateSecrets(current.secrets, stored, overlapHours) };
  });
  return { hook, secret };
}
