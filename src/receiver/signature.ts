/** Signatures of Standard Webhooks, with the platform's Web Crypto. */

const HMAC = { name: "HMAC", hash: "SHA-256" };
const PREFIX = "whsec_";

type Bytes = Uint8Array<ArrayBuffer>;

/** The key of a secret, `whsec_` and base64. Throws TypeError, which names neither the secret nor a part of it. */
function bytesOf(secret: string, name: string): Bytes {
  const text = typeof secret === "string" ? secret.replace(PREFIX, "") : "";
  try {
    const bytes = fromBase64(text);
    if (bytes.length > 0) return bytes;
  } catch {}
  throw new TypeError(`${name} is a secret as registerHook shows it: whsec_ and base64`);
}

const fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

/** The keys of the secrets. Throws TypeError when there is none, so that nobody's request is taken for a signed one. */
export function keysOf(secrets: string | readonly string[]): Promise<CryptoKey>[] {
  const list = typeof secrets === "string" ? [secrets] : secrets;
  if (!Array.isArray(list) || list.length === 0)
    throw new TypeError("secrets is one secret or a list of them: whsec_ and base64");
  const all = list.map((secret, index) => bytesOf(secret, `secrets[${index}]`));
  return all.map((bytes) => crypto.subtle.importKey("raw", bytes, HMAC, false, ["verify"]));
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
  keys: readonly Promise<CryptoKey>[],
  { id, timestamp, signature }: { id: string; timestamp: string; signature: string },
  body: Bytes,
): Promise<boolean> {
  const signed = signedBytes(id, timestamp, body);
  // A header with more is nobody's who means well.
  for (const part of signature.split(" ").slice(0, 20)) {
    const given = part.startsWith("v1,") ? decoded(part.slice("v1,".length)) : null;
    if (!given) continue;
    for (const key of keys)
      if (await crypto.subtle.verify(HMAC, await key, given, signed)) return true;
  }
  return false;
}

function decoded(base64: string): Bytes | null {
  try {
    return fromBase64(base64);
  } catch {
    return null;
  }
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
