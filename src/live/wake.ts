import { WAKE_CHANNEL } from "../db/changes.ts";
import { openSession } from "../db/client.ts";
import type { Logger } from "../log.ts";

/** Tells, by one LISTEN connection a process, that there may be something new to read. */
export type Wake = AsyncDisposable & {
  /** Calls back at every wake-up, until the function it returns is called. */
  subscribe(listener: () => void): () => void;
  /** The same without the poll: for who looks by himself should a notification be lost. */
  onHint(listener: () => void): () => void;
};

/** NOTIFY is lost while the connection is down; this is how late a reader can be then. */
const POLL_MS = 2_000;

/** Listens; a lost connection is made again by itself, and its return is a wake-up. */
export async function startWake(url: string, log: Logger): Promise<Wake> {
  const listeners = new Set<() => void>();
  const hinted = new Set<() => void>();
  const wake = () => {
    for (const listener of listeners) listener();
  };
  const hint = () => {
    wake();
    for (const listener of hinted) listener();
  };
  const session = openSession(url);
  const listening = await session.listen(WAKE_CHANNEL, hint, () => {
    log.debug("listening");
    hint();
  });
  const poll = setInterval(wake, POLL_MS);
  const adder = (to: Set<() => void>) => (listener: () => void) => {
    to.add(listener);
    return () => to.delete(listener);
  };
  return {
    subscribe: adder(listeners),
    onHint: adder(hinted),
    async [Symbol.asyncDispose]() {
      clearInterval(poll);
      listeners.clear();
      hinted.clear();
      await listening.unlisten().catch(() => {});
      await session.end({ timeout: 1 });
    },
  };
}
