import type { KeyObject } from "node:crypto";
import type { HookRow } from "../../db/hook/hooks.ts";
import { signingKey } from "../delivery/signature.ts";
import { type HookAuth, openAuth } from "../hookAuth/hookAuth.ts";
import { liveSecrets } from "../hookSecret/secretRotation.ts";
import type { SecretBox } from "../project/secretBox.ts";

/** The opened secrets of a hook that an attempt needs. */
export type HookSecrets = {
  headers: Record<string, string>;
  /** The keys of every valid secret, newest first. */
  keys: KeyObject[];
  auth: HookAuth | undefined;
};

/** The AAD of a hook's sealed values: a ciphertext moved to another row or column does not open. */
export const hookContext = (
  column: "secrets" | "headers" | "handshake" | "auth",
  hook: { projectId: string; id: string },
) => `hooks|${column}|${hook.id}|${hook.projectId}`;

/** Opens a hook's custom headers. */
export const openHeaders = (box: SecretBox, hook: HookRow): Record<string, string> =>
  hook.headers === null ? {} : JSON.parse(box.open(hook.headers, hookContext("headers", hook)));

/** Seals custom headers; null if there are none. */
export const sealHeaders = (
  box: SecretBox,
  key: { projectId: string; id: string },
  headers: Record<string, string>,
) =>
  Object.keys(headers).length === 0
    ? null
    : box.seal(JSON.stringify(headers), hookContext("headers", key));

/** Opens the newest of a hook's secrets. */
export function openSecret(box: SecretBox, hook: HookRow): string {
  const [newest] = hook.secrets;
  if (!newest) throw new Error(`hook ${hook.id} has no secret`);
  return box.open(newest.sealed, hookContext("secrets", hook));
}

/** Opens a hook's custom headers, its valid secrets and its authentication. */
export function openHookSecrets(box: SecretBox, hook: HookRow, now = Date.now()): HookSecrets {
  const live = liveSecrets(hook.secrets, now);
  return {
    headers: openHeaders(box, hook),
    keys: live.map(({ sealed }) => signingKey(box.open(sealed, hookContext("secrets", hook)))),
    auth:
      hook.auth === null
        ? undefined
        : openAuth(box.open(hook.auth.sealed, hookContext("auth", hook)), hook.projectId),
  };
}
