import { isPublicKey } from "../../domain/delivery/ed25519.ts";
import { checkSecret } from "../../domain/delivery/signature.ts";
import { UserError } from "../../util/userError.ts";

/** A secret as ours: `whsec_` and base64. `isKept` when it is the very text that the receiver has. */
type Taken = { secret: string; isKept: boolean };

/**
 * Takes a secret over. One of Standard Webhooks stays as it is, also without `whsec_`. Of any other text the bytes
 * become the key. Null when there is none, when it is a public key, which is no secret, or when it has not 24 to 64
 * bytes: the hub then makes a new one.
 */
export function takeSecret(text: string | null): Taken | null {
  if (text === null || isPublicKey(text)) return null;
  const standard = text.startsWith("whsec_") ? text : `whsec_${text}`;
  if (isOurs(standard)) return { secret: standard, isKept: true };
  const own = `whsec_${Buffer.from(text).toString("base64")}`;
  return isOurs(own) ? { secret: own, isKept: false } : null;
}

function isOurs(secret: string): boolean {
  try {
    checkSecret(secret);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
