/**
 * The key pairs of Standard Webhooks' asymmetric scheme. A private key is `whsk_` and the base64 of the 32-byte seed
 * followed by the 32-byte public key, as Svix and libsodium write it; the seed alone is taken, too. A public key is
 * `whpk_` and the base64 of its 32 bytes.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { userError } from "../../util/userError.ts";

const privatePrefix = "whsk_";
const publicPrefix = "whpk_";
const SEED_BYTES = 32;
/** What stands before the seed in PKCS #8 (RFC 8410). */
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");

export const isPrivateKey = (secret: string): boolean => secret.startsWith(privatePrefix);
export const isPublicKey = (secret: string): boolean => secret.startsWith(publicPrefix);

const bytesIn = (secret: string): Buffer =>
  Buffer.from(secret.slice(privatePrefix.length), "base64");

const keyOfSeed = (bytes: Buffer): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([pkcs8Head, bytes.subarray(0, SEED_BYTES)]),
    format: "der",
    type: "pkcs8",
  });

const publicBytes = (key: KeyObject): Buffer =>
  Buffer.from(createPublicKey(key).export({ format: "jwk" }).x ?? "", "base64url");

/** A new private key. */
export function newPrivateKey(): string {
  const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const pair = Buffer.concat([Buffer.from(d, "base64url"), Buffer.from(x, "base64url")]);
  return privatePrefix + pair.toString("base64");
}

/** The key inside a private key's text. */
export const privateKey = (secret: string): KeyObject => keyOfSeed(bytesIn(secret));

/** The public key of a private key, as a text for receivers. */
export const publicKeyOf = (secret: string): string =>
  publicPrefix + publicBytes(privateKey(secret)).toString("base64");

/** Validates a private key that the caller chose. Throws INVALID. */
export function checkPrivateKey(given: string): string {
  const bytes = bytesIn(given);
  // Compared as text, because Buffer.from skips characters that are not base64.
  const isCanonical = given === privatePrefix + bytes.toString("base64");
  if (!isCanonical || (bytes.length !== SEED_BYTES && bytes.length !== 2 * SEED_BYTES))
    throw userError(
      "INVALID",
      "secret is whsk_ followed by the base64 of an Ed25519 key's 32-byte seed and its 32-byte public key, or of the seed alone",
      ["secret"],
    );
  const rest = bytes.subarray(SEED_BYTES);
  if (rest.length > 0 && !rest.equals(publicBytes(keyOfSeed(bytes))))
    throw userError("INVALID", "secret's last 32 bytes are not the public key of its first 32", [
      "secret",
    ]);
  return given;
}
