import { type Emitted, emitAll, type Input, PATIENCE_MS } from "./emit.ts";
import type { Endpoint } from "./request.ts";
import { SignalboxError, type UserError } from "./signalboxError.ts";

/** Half of what the hub takes at once. */
const MAX_EVENTS = 500;
/** Less than the 1 MiB that proxies let through by default. */
const MAX_BYTES = 768 * 1024;

type Waiting = {
  input: Input;
  bytes: number;
  since: number;
  resolve: (emitted: Emitted) => void;
  reject: (error: unknown) => void;
};

/** Codes of errors that are no event's own. */
const OF_ALL = new Set(["UNAUTHENTICATED", "FORBIDDEN", "BAD_ANSWER"]);

/**
 * Sends events that are emitted at the same time together, in the order in which they were emitted: one call is on its way at a
 * time, and what is emitted meanwhile goes with the next. Each event fails alone.
 */
export function createEmitQueue(endpoint: Endpoint, ready: () => Promise<unknown>) {
  const waiting: Waiting[] = [];
  const encoder = new TextEncoder();
  let isRunning = false;

  async function run() {
    isRunning = true;
    while (waiting.length > 0) {
      // Lets every call of this turn of the event loop join, too.
      await ready();
      await deliver(next());
    }
    isRunning = false;
  }

  function next(): Waiting[] {
    let bytes = 0;
    const end = waiting.findIndex((one, index) => {
      bytes += one.bytes;
      return index === MAX_EVENTS || (index > 0 && bytes > MAX_BYTES);
    });
    return waiting.splice(0, end < 0 ? waiting.length : end);
  }

  async function deliver(batch: Waiting[]): Promise<void> {
    try {
      const deadline = Math.min(...batch.map(({ since }) => since)) + PATIENCE_MS;
      const emitted = await emitAll(
        endpoint,
        batch.map(({ input }) => input),
        deadline,
      );
      for (const [index, { resolve, reject }] of batch.entries()) {
        const one = emitted[index];
        if (one) resolve(one);
        else reject(new Error("the hub gave no event"));
      }
    } catch (error) {
      await settle(batch, error);
    }
  }

  /** Rejects those that are to blame, and sends the rest again: nothing of the batch was stored. */
  async function settle(batch: Waiting[], error: unknown): Promise<void> {
    const rest = batch.filter(({ reject }, index) => {
      const own = ownErrors(error, index);
      if (own) reject(own);
      return !own;
    });
    if (rest.length === 0) return;
    if (rest.length < batch.length) return deliver(rest);
    const isOfAll =
      !(error instanceof SignalboxError) || error.isTransient || OF_ALL.has(error.code);
    if (isOfAll || batch.length === 1) {
      for (const { reject } of batch) reject(error);
      return;
    }
    // It names no event, so that the halves tell whose it is.
    const half = Math.ceil(batch.length / 2);
    await deliver(batch.slice(0, half));
    await deliver(batch.slice(half));
  }

  return (input: Input): Promise<Emitted> =>
    new Promise((resolve, reject) => {
      const bytes = encoder.encode(input.json).length;
      const one = { input, bytes, since: Date.now(), resolve, reject };
      // The others do not wait for its deliveries.
      if (input.waits) void ready().then(() => deliver([one]));
      else {
        waiting.push(one);
        if (!isRunning) void run();
      }
    });
}

/** The error of the event at this index, with paths of its own; undefined when it is not to blame. */
function ownErrors(error: unknown, index: number): SignalboxError | undefined {
  if (!(error instanceof SignalboxError)) return undefined;
  const isOwn = ({ path }: UserError) => path[0] === String(index);
  const own = error.errors
    .filter(isOwn)
    .map((mistake) => ({ ...mistake, path: mistake.path.slice(1) }));
  const [first, ...others] = own;
  return first && new SignalboxError([first, ...others]);
}
