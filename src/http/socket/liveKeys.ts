import type { Shares } from "../../util/shares.ts";

/** Why a connection ends before its client wants it to. */
type EndReason = "revoked" | "restart";

type Opener = { keyId: string; projectId: string };

/** The open connections of one kind, by API key. */
export type LiveKeys = Disposable & {
  /**
   * Registers a connection; undefined if the key has reached its limit. Throws Overloaded if the
   * project has used its share. Call the returned function when the connection ends.
   */
  open(caller: Opener, end: (reason: EndReason) => void): (() => void) | undefined;
  /**
   * Whether a key is still valid. Checked before each step, because a known revocation must not
   * wait for the timer.
   */
  isLive(keyId: string): boolean;
};

/** Revocation must take effect within 5 s, most of which the key cache may use. */
const CHECK_MS = 1_000;

/**
 * Ends a key's connections when `isLive` returns false, and all connections when disposed. `places`
 * limits the connections of each project.
 */
export function trackLiveKeys(
  isLive: (keyId: string) => boolean,
  limitPerKey: number,
  places: Shares,
): LiveKeys {
  const byKey = new Map<string, Set<(reason: EndReason) => void>>();
  const endAll = (reason: EndReason, isAffected: (keyId: string) => boolean) => {
    for (const [keyId, ends] of byKey) {
      if (isAffected(keyId)) for (const end of ends) end(reason);
    }
  };
  const timer = setInterval(() => endAll("revoked", (keyId) => !isLive(keyId)), CHECK_MS).unref();
  return {
    isLive,
    open({ keyId, projectId }, end) {
      const ends = byKey.get(keyId) ?? new Set();
      if (ends.size >= limitPerKey) return undefined;
      const release = places.take(projectId);
      byKey.set(keyId, ends.add(end));
      return () => {
        release();
        ends.delete(end);
        if (ends.size === 0) byKey.delete(keyId);
      };
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      endAll("restart", () => true);
    },
  };
}
