/** The event loop of this process, shared by those that have something computed on it. */
export type Turns = {
  /** Resolves when it is the holder's turn; undefined: it is at once, as nobody waits. */
  take(holder: string): Promise<void> | undefined;
};

/** After so much work others are heard: what has come over the network, and what PostgreSQL has answered. */
const SLICE_MS = 4;

/**
 * Requests that arrive together would all be computed before anything else is heard: a thousand at a millisecond each
 * stop a process for a second. So they have turns, one of each holder after the other, in slices.
 */
export function createTurns(sliceMs = SLICE_MS): Turns {
  const lines = new Map<string, (() => void)[]>();
  /** When the present slice began; undefined outside of one. */
  let begunAt: number | undefined;

  function begin() {
    begunAt = performance.now();
    setImmediate(() => {
      begunAt = undefined;
      next();
    });
  }

  /** Lets one go, and then the next. */
  function next() {
    const [first] = lines;
    if (!first) return;
    if (begunAt === undefined) begin();
    else if (performance.now() - begunAt > sliceMs) return;
    const [holder, line] = first;
    lines.delete(holder);
    const go = line.shift();
    if (line.length > 0) lines.set(holder, line);
    go?.();
    // Behind what follows at once from `go`.
    queueMicrotask(next);
  }

  return {
    take(holder) {
      if (begunAt === undefined && lines.size === 0) {
        begin();
        return undefined;
      }
      if (lines.size === 0 && performance.now() - (begunAt ?? 0) <= sliceMs) return undefined;
      const line = lines.get(holder) ?? [];
      lines.set(holder, line);
      return new Promise((resolve) => line.push(resolve));
    },
  };
}
