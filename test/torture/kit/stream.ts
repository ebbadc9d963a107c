import { setTimeout as pause } from "node:timers/promises";
import { overSocket, positionIn } from "../../fixtures/subscription.ts";
import { Broken } from "../row.ts";

const AGAIN_AFTER_MS = 50;
const QUERY = `subscription ($after: String) {
  deliveryUpdated(after: $after) { cursor delivery { id status attemptCount } } }`;

export type Seen = { position: number; id: string; status: string; attemptCount: number };
type Item = { cursor: string; delivery: Omit<Seen, "position"> };

/** A subscriber to every state of every delivery, which comes back with its last cursor however often it is cut off. */
export type Stream = AsyncDisposable & {
  /** What has come, in the order in which it came. */
  seen: Seen[];
  /** How often it had to come back. */
  readonly returns: number;
  /** Why it has given up: it was refused its cursor, say; undefined while it follows. */
  readonly failure: unknown;
  /** Cuts it off; it stays away until it is called back. */
  away(): void;
  back(): void;
};

export function startStream(urls: () => string[], key: string): Stream {
  const seen: Seen[] = [];
  let cursor: string | undefined;
  let returns = -1;
  let isOver = false;
  let isAway = false;
  let failure: unknown;
  let stop = () => {};

  async function follow() {
    const url = urls()[0];
    if (!url) return;
    returns++;
    await using live = overSocket<Item>({ url, key }, QUERY, { after: cursor ?? null });
    let read = 0;
    let hasEnded = false;
    const ended = live.ended.finally(() => {
      hasEnded = true;
    });
    const take = () => {
      // Whoever gets an error instead of a state has missed it.
      if (!hasEnded && live.errors.length > 0) {
        failure ??= new Broken(`the stream has an error: ${JSON.stringify(live.errors)}`);
        stop();
      }
      for (const { cursor: at, delivery } of live.items.slice(read)) {
        seen.push({ position: positionIn(at), ...delivery });
        cursor = at;
        read++;
      }
    };
    const taking = setInterval(take, 20);
    stop = live.stop;
    const end = await ended;
    clearInterval(taking);
    take();
    if (failure) throw failure;
    if (end === "errors" && /cursor/i.test(JSON.stringify(live.errors)))
      throw new Broken(`the stream was refused its cursor: ${JSON.stringify(live.errors)}`);
  }

  async function run() {
    while (!isOver) {
      if (!isAway) await follow();
      await pause(AGAIN_AFTER_MS);
    }
  }
  const running = run();
  // Told when it is disposed of, too.
  running.catch((error) => {
    failure = error;
  });
  return {
    seen,
    get returns() {
      return Math.max(0, returns);
    },
    get failure() {
      return failure;
    },
    away() {
      isAway = true;
      stop();
    },
    back() {
      isAway = false;
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      stop();
      await running;
    },
  };
}
