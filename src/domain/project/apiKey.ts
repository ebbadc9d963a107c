import { hash, randomBytes, randomInt } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Pool, Tx } from "../../db/connection/client.ts";
import { lockProject } from "../../db/eventType/eventTypes.ts";
import {
  type ApiKeyRow,
  insertKey,
  keysOf,
  lockedKey,
  type Role,
  revokeKey as revokeRow,
} from "../../db/project/apiKeys.ts";
import { isId, newId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import { checkLine } from "../input/singleLineText.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const MAX_KEYS = 1_000;

const randomText = (length: number) =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");

/** Six characters that let a secret scanner distinguish a real key from similar text. */
function checksum(text: string): string {
  let rest = crc32(text);
  let digits = "";
  for (let place = 0; place < 6; place++) {
    digits = (ALPHABET[rest % 62] ?? "") + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** A new key: `sbx_`, 10 characters that identify it, `_`, 256 random bits, and a checksum. */
export function newKey(): string {
  const body = `sbx_${randomText(10)}_${randomBytes(32).toString("base64url")}`;
  return body + checksum(body);
}

/**
 * Whether a text can be a key: generated with a valid checksum, or possibly chosen by an operator. Other texts need no
 * lookup.
 */
export function canBeKey(text: string): boolean {
  const isOfOurForm = /^sbx_[0-9A-Za-z]{10}_[\w-]{43}[0-9A-Za-z]{6}$/.test(text);
  if (isOfOurForm) return text.slice(-6) === checksum(text.slice(0, -6));
  return /^[\x20-\x7e]{32,200}$/.test(text);
}

/** The stored form of a key: sha256, hex. A key has 256 random bits, so a slow hash would add nothing. */
export const digestOf = (key: string): string => hash("sha256", key);

/** The beginning of a key, by which people recognize it. */
const prefixOf = (key: string) => (key.startsWith("sbx_") ? key.slice(0, 14) : key.slice(0, 6));

type NewKey = { name: string; role: Role; key?: string };

/**
 * Creates an API key of a project. The plaintext is returned here and stored nowhere. `key`: a key chosen by the
 * operator (32 to 200 printable characters). Throws INVALID or LIMIT_REACHED.
 */
export const createApiKey = (sql: Pool, projectId: string, key: NewKey) =>
  sql.begin((tx) => addApiKey(tx, projectId, key));

/** `createApiKey` within a transaction. */
export async function addApiKey(
  tx: Tx,
  projectId: string,
  { name, role, key = newKey() }: NewKey,
): Promise<{ apiKey: ApiKeyRow; key: string }> {
  checkLine("name", name, 200);
  // Without the lock, two concurrent calls would not count each other's key.
  await lockProject(tx, projectId);
  const existing = await keysOf(tx, projectId);
  if (existing.filter(({ revokedAt }) => revokedAt === null).length >= MAX_KEYS) {
    throw userError("LIMIT_REACHED", `a project has at most ${MAX_KEYS} live keys`);
  }
  const record = { projectId, id: newId(), name, role, prefix: prefixOf(key) };
  const apiKey = await insertKey(tx, { ...record, digest: digestOf(key) });
  const entity = ["ApiKey", apiKey.id] as const;
  await audit(tx, { projectId, action: "createApiKey", entity, after: keyState(apiKey) });
  return { apiKey, key };
}

/** Revokes a key: requests with it are rejected, and its open sockets and streams end within 5 s. */
export async function revokeApiKey(sql: Pool, projectId: string, id: string): Promise<ApiKeyRow> {
  const notFound = () => userError("NOT_FOUND", `no API key ${id}`, ["id"]);
  if (!isId(id)) throw notFound();
  return sql.begin(async (tx) => {
    const before = await lockedKey(tx, projectId, id);
    const after = before && (await revokeRow(tx, projectId, id));
    if (!after) throw notFound();
    await audit(tx, {
      projectId,
      action: "revokeApiKey",
      entity: ["ApiKey", after.id],
      before: keyState(before),
      after: keyState(after),
    });
    return after;
  });
}

/** What says more than when it was used last. */
const keyState = ({ name, role, prefix, revokedAt }: ApiKeyRow) => ({
  ...{ name, role, prefix },
  revokedAt,
});
