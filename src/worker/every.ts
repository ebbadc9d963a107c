/**
 * Runs `work` again and again, so many milliseconds after it ended, or as many as it gave back; a failure is told
 * and does not stop it.
 */
export function every(
  ms: number,
  work: () => Promise<number> | Promise<void>,
  onError: (error: unknown) => void,
): AsyncDisposable {
  let stopped = false;
  let running = Promise.resolve();
  let timer: NodeJS.Timeout;
  async function run() {
    let next = ms;
    try {
      next = (await work()) ?? ms;
    } catch (error) {
      onError(error);
    }
    if (!stopped) schedule(next);
  }
  const schedule = (inMs: number) => {
    timer = setTimeout(() => {
      running = run();
    }, inMs);
  };
  schedule(ms);
  return {
    async [Symbol.asyncDispose]() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
