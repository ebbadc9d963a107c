import { createHmac, type KeyObject, randomBytes } from "node:crypto";
import { userError } from "../../util/userError.ts";

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

/** The `webhook-signature` header: one `v1,…` per key, separated by spaces. */
export function sign(
  keys: (Buffer | KeyObject)[],
  id: string,
  timestampSeconds: number,
  body: string,
): string {
  const signed = `${id}.${timestampSeconds}.${body}`;
  return keys
    .map((key) => `v1,${createHmac("sha256", key).update(signed).digest("base64")}`)
    .join(" ");
}
