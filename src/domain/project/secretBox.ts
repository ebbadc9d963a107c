import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const cipher = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;

/** A key-encryption key: 32 bytes with a short id, which is stored with everything it has sealed. */
export type BoxKey = { id: string; key: Buffer };

/**
 * `context` identifies where the secret is stored, `table|column|row id|project id`. It is authenticated, so a sealed
 * value opens nowhere else.
 */
export type SecretBox = {
  seal(plain: string, context: string): string;
  /** Throws when the key is unknown or the value is not exactly what was sealed for this context. */
  open(sealed: string, context: string): string;
};

/** Encrypts secrets at rest with AES-256-GCM as `v1.<key id>.<iv>.<text+tag>`. The first key seals, all keys open. */
export function createSecretBox(keys: BoxKey[]): SecretBox {
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  const [first] = keys;
  if (!first) throw new Error("A secret box needs a key");
  if (byId.size < keys.length) throw new Error("Two secret keys have the same id");
  for (const { id, key } of keys) {
    if (!/^[\w-]{1,40}$/.test(id))
      throw new Error("A secret key's id is 1 to 40 of A-Z a-z 0-9 _ -");
    if (key.length !== 32) throw new Error(`Secret key ${id} has ${key.length} bytes, not 32`);
  }

  return {
    seal(plain, context) {
      const iv = randomBytes(ivBytes);
      const sealing = createCipheriv(cipher, first.key, iv).setAAD(Buffer.from(context));
      const text = Buffer.concat([sealing.update(plain, "utf8"), sealing.final()]);
      const sealed = Buffer.concat([text, sealing.getAuthTag()]);
      return `v1.${first.id}.${iv.toString("base64url")}.${sealed.toString("base64url")}`;
    },

    open(sealed, context) {
      const [version, id = "", iv = "", text = "", ...rest] = sealed.split(".");
      if (version !== "v1" || rest.length > 0) throw new Error("Not a sealed secret");
      const key = byId.get(id);
      if (!key) throw new Error(`The secret was sealed with a key that is not configured: ${id}`);
      const nonce = decode(iv);
      const bytes = decode(text);
      if (nonce?.length !== ivBytes || !bytes || bytes.length < tagBytes) {
        throw new Error("The sealed secret is damaged");
      }
      try {
        const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes })
          .setAAD(Buffer.from(context))
          .setAuthTag(bytes.subarray(-tagBytes));
        return (
          opening.update(bytes.subarray(0, -tagBytes), undefined, "utf8") + opening.final("utf8")
        );
      } catch {
        throw new Error("The sealed secret was altered, moved, or sealed with another key");
      }
    },
  };
}

/** Strict base64url: null unless re-encoding the bytes gives the same text. */
function decode(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : null;
}
