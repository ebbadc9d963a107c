/** Fair use of the event loop by the holders that compute on it. */
export type Turns = {
  /** Resolves when it is the holder's turn. Returns undefined when nobody waits: the turn begins at once. */
  take(holder: string): Promise<void> | undefined;
};

/** After this much work the event loop handles network input and PostgreSQL's answers. */
const SLICE_MS = 4;

/**
 * Without turns, requests that arrive together would all be computed before anything else is handled: a thousand at 1
 * ms each block the process for a second. Holders take turns, one request each, in slices.
 */
export function createTurns(sliceMs = SLICE_MS): Turns {
  const queues = new Map<string, (() => void)[]>();
  /** When the current slice began; undefined between slices. */
  let begunAt: number | undefined;

  function begin() {
    begunAt = performance.now();
    setImmediate(() => {
      begunAt = undefined;
      next();
    });
  }

  /** Starts one request, then the next. */
  function next() {
    const [first] = queues;
    if (!first) return;
    if (begunAt === undefined) begin();
    else if (performance.now() - begunAt > sliceMs) return;
    const [holder, queue] = first;
    queues.delete(holder);
    const go = queue.shift();
    if (queue.length > 0) queues.set(holder, queue);
    go?.();
    // Runs after the microtasks that `go` queues at once.
    queueMicrotask(next);
  }

  return {
    take(holder) {
      if (begunAt === undefined && queues.size === 0) {
        begin();
        return undefined;
      }
      if (queues.size === 0 && performance.now() - (begunAt ?? 0) <= sliceMs) return undefined;
      const queue = queues.get(holder) ?? [];
      queues.set(holder, queue);
      return new Promise((resolve) => queue.push(resolve));
    },
  };
}
