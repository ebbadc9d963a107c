import type { HookRow } from "../../db/hook/hooks.ts";
import { checkSecret, newSecret } from "../delivery/signature.ts";
import { changeHook, type HookServices, rejectDeleted } from "./hook.ts";
import { hookContext } from "./hookSecrets.ts";
import { checkOverlap, rotateSecrets } from "./secretRotation.ts";

/**
 * Gives a hook a new secret. The old ones keep signing for `overlapHours` (0..168), so that a receiver can change
 * without a gap. At most 5 are live.
 */
export function rotateHookSecret(
  services: HookServices,
  projectId: string,
  id: string,
  overlapHours: number,
): Promise<{ hook: HookRow; secret: string }> {
  checkOverlap(overlapHours);
  return replaceHookSecret(services, projectId, id, newSecret(), overlapHours);
}

/** The same with a secret that the caller chose, and an overlap in parts of hours. Throws INVALID for other secrets. */
export async function replaceHookSecret(
  { sql, box }: HookServices,
  projectId: string,
  id: string,
  secret: string,
  overlapHours: number,
): Promise<{ hook: HookRow; secret: string }> {
  checkSecret(secret);
  const hook = await changeHook(sql, projectId, id, async (current) => {
    rejectDeleted(current);
    const sealed = box.seal(secret, hookContext("secrets", current));
    return { ...current, secrets: rotateSecrets(current.secrets, sealed, overlapHours) };
  });
  return { hook, secret };
}
