import type { StoredAuth } from "../../db/hook/hooks.ts";
import { hookContext } from "../hook/hookSecrets.ts";
import type { CheckTarget } from "../hook/target.ts";
import type { SecretBox } from "../project/secretBox.ts";
import { type HookAuthInput, sealAuth } from "./hookAuth.ts";

/**
 * The authentication that was given, sealed for this hook; null or undefined as given. Throws INVALID or
 * TARGET_REFUSED.
 */
export const newAuth = async (
  services: { box: SecretBox; checkTarget: CheckTarget },
  hook: { projectId: string; id: string },
  { auth }: { auth?: HookAuthInput | null | undefined },
): Promise<StoredAuth | null | undefined> =>
  auth && sealAuth(services, { ...hook, context: hookContext("auth", hook) }, auth);
