import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { ShownCertificate } from "../../db/hook/hooks.ts";
import { userError } from "../../util/userError.ts";

const MAX_CERTIFICATES = 20;
const MAX_SUBJECT = 500;

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const keyBlock = /-----BEGIN (?:RSA |EC |ENCRYPTED )?PRIVATE KEY-----[^-]+-----END [A-Z ]+-----/g;

/** Certificates that were given, and as they are stored: the PEM blocks without what stands between them. */
type Certificates = { pem: string; all: X509Certificate[] };

const refused = (path: string[], what: string) =>
  userError("INVALID", `${path.join(".")} ${what}`, path);

const dateOf = (time: string) => new Date(time).toISOString().slice(0, 10);

/** Parses PEM certificates. Throws INVALID for what is none, and for one that has expired. */
export function readCertificates(text: string, path: string[]): Certificates {
  if (/PRIVATE KEY-----/.test(text))
    throw refused(path, "holds a private key: it takes certificates alone");
  const blocks = text.match(block) ?? [];
  if (blocks.length === 0)
    throw refused(path, "must be one or more certificates in PEM: -----BEGIN CERTIFICATE-----…");
  if (blocks.length > MAX_CERTIFICATES)
    throw refused(path, `has at most ${MAX_CERTIFICATES} certificates, not ${blocks.length}`);
  const all = blocks.map((one, at) => {
    try {
      return new X509Certificate(one);
    } catch {
      throw refused(path, `cannot be read: certificate ${at + 1} is damaged`);
    }
  });
  for (const [at, { validTo }] of all.entries())
    if (Date.parse(validTo) <= Date.now())
      throw refused(path, `has expired: certificate ${at + 1} was valid until ${dateOf(validTo)}`);
  return { pem: blocks.join("\n"), all };
}

/** Checks that the key is one, in the open, and that of the first certificate. Throws INVALID. */
export function readKey(text: string, { all }: Certificates, path: string[]): string {
  const blocks = text.match(keyBlock) ?? [];
  const [own] = blocks;
  if (/ENCRYPTED/.test(text))
    throw refused(
      path,
      "is encrypted: give it without a passphrase (openssl pkey -in key.pem -out open.pem); the hub seals it",
    );
  if (own === undefined || blocks.length > 1)
    throw refused(path, "must be one private key in PEM: -----BEGIN PRIVATE KEY-----…");
  const key = (() => {
    try {
      return createPrivateKey(own);
    } catch {
      throw refused(path, "cannot be read: it is damaged, or of a kind that is not known");
    }
  })();
  const [leaf, ...chain] = all;
  if (leaf?.checkPrivateKey(key)) return own;
  throw chain.some((one) => one.checkPrivateKey(key))
    ? refused(path, "belongs to another certificate than the first: put its certificate first")
    : refused(path, "does not belong to the certificate");
}

/** Checks that TLS takes them: it refuses short keys and old digests. Throws INVALID. */
export function checkUsable(
  material: { cert?: string; key?: string; ca?: string },
  path: string[],
) {
  try {
    createSecureContext(material);
  } catch (error) {
    const why = error instanceof Error && "reason" in error ? error.reason : "unknown";
    throw refused(path, `cannot be used for TLS: ${why}`);
  }
}

/** What is shown of a certificate. */
export const shownCertificate = ({ subject, validTo }: X509Certificate): ShownCertificate => ({
  // Each attribute is on a line of its own; certificates need not name anybody.
  subject: (subject ?? "").replaceAll("\n", ", ").slice(0, MAX_SUBJECT),
  notAfter: new Date(validTo).toISOString(),
});
