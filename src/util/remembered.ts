/** Caches the result of `ask` for `ms` milliseconds. Concurrent callers share one call, and its error. */
export function remembered<Answer>(ask: () => Promise<Answer>, ms: number): () => Promise<Answer> {
  let last: Promise<Answer> | undefined;
  let until = 0;
  return () => {
    if (last && performance.now() < until) return last;
    until = Number.POSITIVE_INFINITY;
    const startedAt = performance.now();
    last = ask().finally(() => {
      until = startedAt + ms;
    });
    return last;
  };
}

/**
 * Runs `work` once at a time. A call made while it runs shares the next run, which sees everything done before that
 * call.
 */
export function shared<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined;
  let next: Promise<Result> | undefined;
  const run = () => {
    next = undefined;
    running = work().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (!running) return run();
    next ??= running.then(run, run);
    return next;
  };
}
