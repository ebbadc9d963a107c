import type { KeyObject } from "node:crypto";
import type { HookRow } from "../../db/hook/hooks.ts";
import { signingKey } from "../delivery/signature.ts";
import { liveSecrets } from "../hookSecret/secretRotation.ts";
import type { SecretBox } from "../project/secretBox.ts";

/** The opened secrets of a hook that an attempt needs. */
export type HookSecrets = {
  headers: Record<string, string>;
  /** The keys of every valid secret, newest first. */
  keys: KeyObject[];
};

/** The AAD of a hook's sealed values: a ciphertext moved to another row or column does not open. */
export const hookContext = (
  column: "secrets" | "headers" | "handshake",
  hook: { projectId: string; id: string },
) => `hooks|${column}|${hook.id}|${hook.projectId}`;

/** Opens a hook's custom headers. */
export const openHeaders = (box: SecretBox, hook: HookRow): Record<string, string> =>
  hook.headers === null ? {} : JSON.parse(box.open(hook.headers, hookContext("headers", hook)));

/** Opens the newest of a hook's secrets. */
export function openSecret(box: SecretBox, hook: HookRow): string {
  const [newest] = hook.secrets;
  if (!newest) throw new Error(`hook ${hook.id} has no secret`);
  return box.open(newest.sealed, hookContext("secrets", hook));
}

/** Opens a hook's custom headers and its valid secrets. */
export function openHookSecrets(box: SecretBox, hook: HookRow, now = Date.now()): HookSecrets {
  const live = liveSecrets(hook.secrets, now);
  return {
    headers: openHeaders(box, hook),
    keys: live.map(({ sealed }) => signingKey(box.open(sealed, hookContext("secrets", hook)))),
  };
}

/** A hook's own headers as they are stored; null without any. */
export const sealHeaders = (
  box: SecretBox,
  key: { projectId: string; id: string },
  headers: Record<string, string>,
) =>
  Object.keys(headers).length === 0
    ? null
    : box.seal(JSON.stringify(headers), hookContext("headers", key));
