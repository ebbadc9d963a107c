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

/** Who calls: the project and the role come from the key, never from an argument. */
export type Caller = { projectId: string; keyId: string; keyName: string; role: Role };

type Authenticator = AsyncDisposable & {
  /** The caller behind an `Authorization` header, or null. The scheme word may be in any case. */
  authenticate(authorization: string | null | undefined): Promise<Caller | null>;
  /** Whether a key that was good still is, whoever revoked it; at most 5 s late, for those who ask every second. */
  isKeyLive(keyId: string): boolean;
  /** Forgets a key at once, in this process. */
  forget(keyId: string): void;
};

/** How long a key may go on working after it was revoked elsewhere; the promise is 5 s. */
const TRUST_MS = 1_000;
const SWEEP_MS = 2_000;
const MAX_KNOWN = 10_000;
/** How long a key that is not good is not asked for again; a new one that nobody can have tried works at once. */
const REFUSED_MS = 1_000;
/** So many keys are looked for in one statement. */
const MAX_ASKED = 1_000;

/** Looks keys up, those that are asked for at the same time in one statement, and one statement at a time. */
const createLookUp = (sql: Sql) =>
  createBatcher<string, ApiKeyRow | undefined>(
    async (digests) => {
      const found = new Map((await keysByDigest(sql, digests)).map((row) => [row.digest, row]));
      return Promise.allSettled(digests.map(async (digest) => found.get(digest)));
    },
    { maxSize: MAX_ASKED, parallel: 1 },
  );

/** Checks keys, remembering good ones for a second so that the hot path asks the database rarely. */
export function createAuthenticator(sql: Sql, onError: (error: unknown) => void): Authenticator {
  const known = new Map<string, { key: ApiKeyRow; until: number }>();
  const refused = new Map<string, number>();
  // Apart, so that whoever tries keys holds up nobody whose key was good before.
  const knownKeys = createLookUp(sql);
  const otherKeys = createLookUp(sql);
  const asked = new Map<string, Promise<ApiKeyRow | undefined>>();
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

  /** One question a key at a time, however many call with it: more would only wait behind it for a slow database. */
  function ask(digest: string): Promise<ApiKeyRow | undefined> {
    const lookUp = known.has(digest) ? knownKeys : otherKeys;
    const asking = asked.get(digest) ?? lookUp.add(digest).finally(() => asked.delete(digest));
    asked.set(digest, asking);
    return asking;
  }

  let sweeping = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweep().catch(onError);
  }, SWEEP_MS);

  async function lookUp(digest: string): Promise<ApiKeyRow | undefined> {
    const remembered = known.get(digest);
    if (remembered && remembered.until > performance.now()) return remembered.key;
    if ((refused.get(digest) ?? 0) > performance.now()) return undefined;
    const key = await ask(digest);
    // Another process revoked it; from now on its open sockets are to know.
    if (key && key.revokedAt !== null) forget(key.id);
    // The row may have been read just before the key was revoked in this process.
    if (!key || revoked.has(key.id)) {
      known.delete(digest);
      if (refused.size >= MAX_KNOWN) refused.clear();
      refused.set(digest, performance.now() + REFUSED_MS);
      return undefined;
    }
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(digest, { key, until: performance.now() + TRUST_MS });
    return key;
  }

  return {
    async authenticate(authorization) {
      // A key that an operator chose may hold spaces.
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
