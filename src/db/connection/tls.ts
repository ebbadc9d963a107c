import { readFileSync } from "node:fs";
import tls, { type ConnectionOptions, checkServerIdentity, createSecureContext } from "node:tls";

/** How a connection is encrypted: never, if the server offers it (unverified), or always, with these options. */
export type Tls =
  | { mode: "never" | "if offered" }
  | { mode: "always"; options: ConnectionOptions; negotiation: "postgres" | "direct" };

type Refuse = (text: string) => Error;

const MODES = ["disable", "allow", "prefer", "require", "no-verify", "verify-ca", "verify-full"];

/** The URL parameters that are read here. */
export const tlsParameters = [
  ...["ssl", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslnegotiation"],
];

/** Other drivers call it `ssl`; libpq takes `ssl=true` for require. */
function modeOf(given: ReadonlyMap<string, string>, refuse: Refuse): string {
  const fallback = given.get("sslrootcert") === "system" ? "verify-full" : "prefer";
  const name = given.has("sslmode") ? "sslmode" : "ssl";
  const value = given.get(name) ?? fallback;
  const mode =
    name === "ssl"
      ? value.replace(/^(true|1)$/, "require").replace(/^(false|0)$/, "disable")
      : value;
  if (MODES.includes(mode)) return mode;
  throw refuse(`has ${name}=${value}: it must be one of ${MODES.join(", ")}`);
}

function readFile(given: ReadonlyMap<string, string>, name: string, refuse: Refuse) {
  const path = given.get(name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw refuse(`has ${name}=${path}, which cannot be read (${(error as Error).message})`);
  }
}

/** As in libpq: with `sslrootcert`, `require` means `verify-ca`. */
function readIdentity(mode: string, root: string | undefined, host: string) {
  if (mode === "verify-full")
    return {
      checkServerIdentity: (
        _name: string,
        certificate: Parameters<typeof checkServerIdentity>[1],
      ) => checkServerIdentity(host, certificate),
    };
  if (mode === "verify-ca" || (mode === "require" && root))
    return { checkServerIdentity: () => undefined };
  return { rejectUnauthorized: false };
}

/** The accepted certificate authorities; by default those of Node.js and NODE_EXTRA_CA_CERTS. */
function readRoots(given: ReadonlyMap<string, string>, mode: string, refuse: Refuse) {
  if (given.get("sslrootcert") !== "system") {
    const ca = readFile(given, "sslrootcert", refuse);
    return ca === undefined ? {} : { ca };
  }
  if (mode !== "verify-full")
    throw refuse(`has sslrootcert=system and sslmode=${mode}: it must then be verify-full`);
  if (!tls.getCACertificates)
    throw refuse(
      `has sslrootcert=system, which takes Node.js 22.15 or newer, and this is ${process.version}: it must be a file`,
    );
  return { ca: [...tls.getCACertificates("default"), ...tls.getCACertificates("system")] };
}

/** Reads the encryption parameters of a URL as libpq does. Throws what `refuse` makes of a message. */
export function readTls(given: ReadonlyMap<string, string>, host: string, refuse: Refuse): Tls {
  const mode = modeOf(given, refuse);
  const negotiation = given.get("sslnegotiation") ?? "postgres";
  if (negotiation !== "postgres" && negotiation !== "direct")
    throw refuse(`has sslnegotiation=${negotiation}: it must be postgres or direct`);
  if (mode === "disable") return { mode: "never" };
  const cert = readFile(given, "sslcert", refuse);
  const key = readFile(given, "sslkey", refuse);
  if ((mode === "prefer" || mode === "allow") && cert === undefined) return { mode: "if offered" };
  const passphrase = given.get("sslpassword");
  const secrets = {
    ...readRoots(given, mode, refuse),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
  };
  try {
    createSecureContext(secrets);
  } catch (error) {
    throw refuse(`has certificates or a key that cannot be used (${(error as Error).message})`);
  }
  return {
    mode: "always",
    negotiation,
    options: { ...secrets, ...readIdentity(mode, given.get("sslrootcert"), host) },
  };
}
