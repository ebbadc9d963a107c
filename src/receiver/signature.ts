/** Signatures of Standard Webhooks, with the platform's Web Crypto. */

const HMAC = { name: "HMAC", hash: "SHA-256" };
const ED25519 = { name: "Ed25519" };
const PREFIX = "whsec_";
const PUBLIC_PREFIX = "whpk_";
const PUBLIC_BYTES = 32;

type Bytes = Uint8Array<ArrayBuffer>;

/** A key that verifies signatures of one scheme alone: nobody may take a public key for the secret of an HMAC. */
export type VerifyingKey = {
  scheme: "v1," | "v1a,";
  algorithm: typeof HMAC | typeof ED25519;
  key: Promise<CryptoKey>;
};

const fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

function decoded(base64: string): Bytes | null {
  try {
    return fromBase64(base64);
  } catch {
    return null;
  }
}

/** The bytes of a secret, `whsec_` and base64. Throws TypeError, which names neither the secret nor a part of it. */
function bytesOf(secret: string, name: string, or = ""): Bytes {
  const text = typeof secret === "string" ? secret.replace(PREFIX, "") : "";
  const bytes = decoded(text);
  if (bytes && bytes.length > 0) return bytes;
  throw new TypeError(`${name} is a secret as registerHook shows it: whsec_ and base64${or}`);
}

function keyOf(secret: string, name: string): VerifyingKey {
  const text = typeof secret === "string" ? secret : "";
  if (text.startsWith("whsk_"))
    throw new TypeError(
      `${name} is a private key (whsk_): a receiver needs the hook's publicKey, whpk_ and base64`,
    );
  if (!text.startsWith(PUBLIC_PREFIX)) {
    const bytes = bytesOf(secret, name, "; or a public key, whpk_ and base64");
    const key = crypto.subtle.importKey("raw", bytes, HMAC, false, ["verify"]);
    return { scheme: "v1,", algorithm: HMAC, key };
  }
  const bytes = decoded(text.slice(PUBLIC_PREFIX.length));
  if (bytes?.length !== PUBLIC_BYTES)
    throw new TypeError(`${name} is a public key: whpk_ and the base64 of ${PUBLIC_BYTES} bytes`);
  const key = crypto.subtle.importKey("raw", bytes, ED25519, false, ["verify"]);
  return { scheme: "v1a,", algorithm: ED25519, key };
}

/** The keys of the secrets. Throws TypeError when there is none, so that nobody's request is taken for a signed one. */
export function keysOf(secrets: string | readonly string[]): VerifyingKey[] {
  const list = typeof secrets === "string" ? [secrets] : secrets;
  if (!Array.isArray(list) || list.length === 0)
    throw new TypeError("secrets is one secret or a list of them: whsec_ and base64");
  return list.map((secret, index) => keyOf(secret, `secrets[${index}]`));
}

const encoder = new TextEncoder();

/** What is signed: the bytes of the body as they came. */
function signedBytes(id: string, timestamp: string, body: Bytes): Bytes {
  const head = encoder.encode(`${id}.${timestamp}.`);
  const all = new Uint8Array(head.length + body.length);
  all.set(head);
  all.set(body, head.length);
  return all;
}

/** Whether one of the header's signatures is one of the keys'. Compared in constant time. */
export async function isSigned(
  keys: readonly VerifyingKey[],
  { id, timestamp, signature }: { id: string; timestamp: string; signature: string },
  body: Bytes,
): Promise<boolean> {
  const signed = signedBytes(id, timestamp, body);
  // A header with more is nobody's who means well.
  for (const part of signature.split(" ").slice(0, 20)) {
    for (const { scheme, algorithm, key } of keys) {
      const given = part.startsWith(scheme) ? decoded(part.slice(scheme.length)) : null;
      if (given && (await crypto.subtle.verify(algorithm, await key, given, signed))) return true;
    }
  }
  return false;
}

/** The header `webhook-signature` of a body. */
export async function sign(
  secret: string,
  id: string,
  timestamp: string,
  body: Bytes,
): Promise<string> {
  const key = await crypto.subtle.importKey("raw", bytesOf(secret, "secret"), HMAC, false, [
    "sign",
  ]);
  const signature = await crypto.subtle.sign(HMAC, key, signedBytes(id, timestamp, body));
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(signature)))}`;
}
