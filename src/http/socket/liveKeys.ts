import type { Shares } from "../../util/shares.ts";

/** Why a connection ends before its client wants it to. */
type EndReason = "revoked" | "restart";

type Opener = { keyId: string; projectId: string };

/** The open connections of one kind, by the key that opened them. */
export type LiveKeys = Disposable & {
  /**
   * Counts a connection in; undefined when the key has as many as it may. Throws Overloaded when its project has its
   * share. Call what it returns at its end.
   */
  open(caller: Opener, end: (reason: EndReason) => void): (() => void) | undefined;
  /** Whether a key that was good still is: asked before each step, for what is known is not to wait for the check. */
  isLive(keyId: string): boolean;
};

/** Revocation is promised within 5 s; the key service may take most of it. */
const CHECK_MS = 1_000;

/** Ends a key's connections when `isLive` denies it, and all of them when disposed. `places` are the projects'. */
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
