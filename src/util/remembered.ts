/** Asks once at a time and once in so many milliseconds, however many want to know: they share the answer, or its error. */
export function remembered<Answer>(ask: () => Promise<Answer>, ms: number): () => Promise<Answer> {
  let last: Promise<Answer> | undefined;
  let until = 0;
  return () => {
    if (last && performance.now() < until) return last;
    until = Number.POSITIVE_INFINITY;
    const asked = performance.now();
    last = ask().finally(() => {
      until = asked + ms;
    });
    return last;
  };
}

/** Works once at a time: whoever comes meanwhile shares the next result, which knows all that was so when they came. */
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
