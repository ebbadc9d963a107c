import {
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  sign as signWith,
} from "node:crypto";
import { userError } from "../../util/userError.ts";
import { isPrivateKey, privateKey } from "./ed25519.ts";

// Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
const prefix = "whsec_";

/** A new signing secret: `whsec_` and the base64 of 32 random bytes. */
export const newSecret = (): string => prefix + randomBytes(32).toString("base64");

/** Validates a secret that the caller chose: `whsec_` and the base64 of 24 to 64 bytes. Throws INVALID. */
export function checkSecret(given: string): string {
  const key = secretKey(given);
  // Compared as text, because Buffer.from skips characters that are not base64.
  const isCanonical = given === prefix + key.toString("base64");
  if (!isCanonical || key.length < 24 || key.length > 64) {
    throw userError("INVALID", "secret is whsec_ followed by the base64 of 24 to 64 bytes", [
      "secret",
    ]);
  }
  return given;
}

/** The HMAC key inside a secret. */
export const secretKey = (secret: string): Buffer =>
  Buffer.from(secret.slice(prefix.length), "base64");

/** The key that signs with a secret of either kind, for `sign`. */
export const signingKey = (secret: string): KeyObject =>
  isPrivateKey(secret) ? privateKey(secret) : createSecretKey(secretKey(secret));

/** The `webhook-signature` header: a `v1,…` per HMAC key, a `v1a,…` per Ed25519 key, separated by spaces. */
export function sign(
  keys: KeyObject[],
  id: string,
  timestampSeconds: number,
  body: string,
): string {
  const signed = `${id}.${timestampSeconds}.${body}`;
  return keys
    .map((key) =>
      key.type === "private"
        ? `v1a,${signWith(null, Buffer.from(signed), key).toString("base64")}`
        : `v1,${createHmac("sha256", key).update(signed).digest("base64")}`,
    )
    .join(" ");
}
