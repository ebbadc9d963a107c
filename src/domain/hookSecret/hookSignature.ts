/**
 * How a hook's requests are signed. The kind is that of its newest secret. A secret of an HMAC is shared with the
 * receiver, so it is shown once; a private key is not, so it never leaves the hub: receivers get the public key.
 */
import type { HookRow, SealedSecret } from "../../db/hook/hooks.ts";
import { userError } from "../../util/userError.ts";
import {
  checkPrivateKey,
  isPrivateKey,
  isPublicKey,
  newPrivateKey,
  publicKeyOf,
} from "../delivery/ed25519.ts";
import { checkSecret, newSecret } from "../delivery/signature.ts";
import { hookContext } from "../hook/hookSecrets.ts";
import type { SecretBox } from "../project/secretBox.ts";
import { rotateSecrets } from "./secretRotation.ts";

export const signatures = ["HMAC_SHA256", "ED25519"] as const;
export type Signature = (typeof signatures)[number];

/** A new secret as it is stored, and as it is shown to the caller: null for a private key. */
type NewSecret = { stored: Omit<SealedSecret, "expiresAt">; shown: string | null };

/** The public key of a hook's newest secret; null for an HMAC. */
export const publicKeyOfHook = ({ secrets }: Pick<HookRow, "secrets">): string | null =>
  secrets[0]?.publicKey ?? null;

export const signatureOf = (hook: Pick<HookRow, "secrets">): Signature =>
  publicKeyOfHook(hook) === null ? "HMAC_SHA256" : "ED25519";

const refused = (message: string) => userError("INVALID", message, ["secret"]);

/** Validates a secret that the caller chose. Throws INVALID, with a sentence of its own for one of another kind. */
function checkedSecret(signature: Signature, given: string): string {
  if (isPublicKey(given))
    throw refused(
      signature === "ED25519"
        ? "secret is a public key (whpk_…), with which nothing can be signed: give the private one, whsk_…"
        : "secret is a public key (whpk_…), with which nothing can be signed: with signature HMAC_SHA256 it is whsec_…",
    );
  if (signature === "HMAC_SHA256") {
    if (isPrivateKey(given))
      throw refused(
        "secret is an Ed25519 private key (whsk_…), and the signature is HMAC_SHA256: give whsec_…, or signature ED25519",
      );
    return checkSecret(given);
  }
  if (given.startsWith("whsec_"))
    throw refused(
      "secret is for HMAC_SHA256 (whsec_…), and the signature is ED25519: give a private key, whsk_…, or none",
    );
  return checkPrivateKey(given);
}

/** The caller's secret, or a new one, for a hook with this signature. Throws INVALID. */
export function makeSecret(
  box: SecretBox,
  hook: { projectId: string; id: string },
  signature: Signature,
  given: string | null | undefined,
): NewSecret {
  const made = signature === "ED25519" ? newPrivateKey : newSecret;
  const secret = given == null ? made() : checkedSecret(signature, given);
  const sealed = box.seal(secret, hookContext("secrets", hook));
  return signature === "ED25519"
    ? { stored: { sealed, publicKey: publicKeyOf(secret) }, shown: null }
    : { stored: { sealed }, shown: secret };
}

/** How long the secrets of another kind keep signing. */
const CHANGE_OVERLAP_HOURS = 24;

/**
 * The secrets of a hook that is changed. A given secret replaces all others. Another signature makes a new one; the old
 * ones keep signing for 24 hours. Throws INVALID.
 */
export function changedSecrets(
  box: SecretBox,
  hook: HookRow,
  given: { signature?: Signature | null | undefined; secret?: string | null | undefined },
): { secrets: SealedSecret[]; shown: string | null } {
  const signature = given.signature ?? signatureOf(hook);
  if (given.secret == null && signature === signatureOf(hook))
    return { secrets: hook.secrets, shown: null };
  const { stored, shown } = makeSecret(box, hook, signature, given.secret);
  const overlapHours = given.secret == null ? CHANGE_OVERLAP_HOURS : 0;
  return { secrets: rotateSecrets(hook.secrets, stored, overlapHours), shown };
}
