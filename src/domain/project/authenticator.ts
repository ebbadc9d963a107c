import type { Sql } from "../../db/connection/client.ts";
import {
  type ApiKeyRow,
  keysByDigest,
  type Role,
  revokedAmong,
  touchKeys,
} from "../../db/project/apiKeys.ts";
import { createBatcher } from "../../util/batcher.ts";
import { canBeKey, digestOf } from "./apiKey.ts";

/** The caller: project and role come from the key, never from an argument. */
export type Caller = { projectId: string; keyId: string; keyName: string; role: Role };

type Authenticator = AsyncDisposable & {
  /** The caller of an `Authorization` header, or null. The scheme is case-insensitive. */
  authenticate(authorization: string | null | undefined): Promise<Caller | null>;
  /**
   * Whether a valid key is still valid, also when another process revoked it. At most 5 s late when it is called every
   * second.
   */
  isKeyLive(keyId: string): boolean;
  /** Invalidates a key at once, in this process. */
  forget(keyId: string): void;
};

/** How long a key revoked by another process may keep working. The guarantee is 5 s. */
const TRUST_MS = 1_000;
const SWEEP_MS = 2_000;
const MAX_KNOWN = 10_000;
/** How long an invalid key is not looked up again. A new key works at once, because nobody can have tried it before. */
const INVALID_MS = 1_000;
/** The most keys looked up in one statement. */
const MAX_LOOKUPS = 1_000;

/** Looks up keys: concurrent lookups share one statement, one statement at a time. */
const createLookUp = (sql: Sql) =>
  createBatcher<string, ApiKeyRow | undefined>(
    async (digests) => {
      const found = new Map((await keysByDigest(sql, digests)).map((row) => [row.digest, row]));
      return Promise.allSettled(digests.map(async (digest) => found.get(digest)));
    },
    { maxSize: MAX_LOOKUPS, parallel: 1 },
  );

/** Checks keys. Valid ones are cached for a second, so that the hot path rarely reads the database. */
export function createAuthenticator(sql: Sql, onError: (error: unknown) => void): Authenticator {
  const known = new Map<string, { key: ApiKeyRow; until: number }>();
  const invalid = new Map<string, number>();
  // Separate from the others, so that guessing keys delays no caller with a valid key.
  const knownKeys = createLookUp(sql);
  const otherKeys = createLookUp(sql);
  const lookUps = new Map<string, Promise<ApiKeyRow | undefined>>();
  const revoked = new Set<string>();
  const used = new Set<string>();
  const watched = new Set<string>();

  function forget(keyId: string) {
    for (const [digest, { key }] of known) if (key.id === keyId) known.delete(digest);
    revoked.add(keyId);
  }

  async function sweep() {
    if (used.size > 0) {
      const ids = [...used];
      used.clear();
      await touchKeys(sql, ids);
    }
    if (watched.size === 0) return;
    const ids = [...watched];
    watched.clear();
    for (const { id } of await revokedAmong(sql, ids)) forget(id);
  }

  /** One lookup per key at a time: further ones would only queue behind it while the database is slow. */
  function readKey(digest: string): Promise<ApiKeyRow | undefined> {
    const lookUp = known.has(digest) ? knownKeys : otherKeys;
    const running = lookUps.get(digest) ?? lookUp.add(digest).finally(() => lookUps.delete(digest));
    lookUps.set(digest, running);
    return running;
  }

  let sweeping = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweep().catch(onError);
  }, SWEEP_MS);

  async function lookUp(digest: string): Promise<ApiKeyRow | undefined> {
    const cached = known.get(digest);
    if (cached && cached.until > performance.now()) return cached.key;
    if ((invalid.get(digest) ?? 0) > performance.now()) return undefined;
    const key = await readKey(digest);
    // Another process revoked it: its open sockets must end, too.
    if (key && key.revokedAt !== null) forget(key.id);
    // The row may have been read just before this process revoked the key.
    if (!key || revoked.has(key.id)) {
      known.delete(digest);
      if (invalid.size >= MAX_KNOWN) invalid.clear();
      invalid.set(digest, performance.now() + INVALID_MS);
      return undefined;
    }
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(digest, { key, until: performance.now() + TRUST_MS });
    return key;
  }

  return {
    async authenticate(authorization) {
      // A key chosen by an operator may contain spaces.
      const [, given] = /^bearer +(\S.{0,298}?) *$/i.exec(authorization ?? "") ?? [];
      if (!given || !canBeKey(given)) return null;
      const key = await lookUp(digestOf(given));
      if (!key) return null;
      used.add(key.id);
      return { projectId: key.projectId, keyId: key.id, keyName: key.name, role: key.role };
    },
    isKeyLive(keyId) {
      watched.add(keyId);
      return !revoked.has(keyId);
    },
    forget,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await sweeping;
    },
  };
}
