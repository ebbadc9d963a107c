import { Overloaded } from "./overloaded.ts";

type SharesOptions = {
  /** What is shared, as the error message names it, such as `operations in flight`. */
  what: string;
  /** The amount that this process has. */
  total: number;
  /** The most that one holder may have, when that is less than half of `total`. */
  each?: number;
  /** The kind of holder, as the error message names it. Default: project. */
  holder?: string;
  /** How many calls of one holder may wait for room; the next one is rejected. Default: 1,000. */
  waiting?: number;
};

/** Gives back what was taken. A second call does nothing. */
export type Release = () => void;

/**
 * A limited amount of something in this process, divided among holders (projects, addresses) so that none of them uses
 * it up.
 */
export type Shares = {
  /** Takes `size` (default 1). Throws Overloaded when the holder's share is used up. */
  take(holder: string, size?: number): Release;
  /**
   * Takes 1 as soon as there is room. Holders take turns, however many calls of one holder wait. Rejects with the
   * signal's reason when the signal fires first, and with Overloaded when too many calls of the holder wait.
   */
  whenFree(holder: string, signal?: AbortSignal): Promise<Release>;
  /** How much a holder has. */
  held(holder: string): number;
};

/**
 * A holder never has more than it leaves free for everybody else: one holder alone may have a half, two a third each,
 * and a newcomer finds room. Only holders above their fair share are rejected when the total is nearly used.
 */
export function createShares(options: SharesOptions): Shares {
  const {
    what,
    total,
    each = total,
    holder: named = "project",
    waiting: maxWaiting = 1_000,
  } = options;
  const holdings = new Map<string, number>();
  const queues = new Map<string, (() => void)[]>();
  let sum = 0;
  const held = (holder: string) => holdings.get(holder) ?? 0;

  function fits(holder: string, size: number): boolean {
    const free = total - sum - size;
    const own = held(holder);
    return own === 0 ? free >= 0 : own + size <= Math.min(each, free);
  }

  function rejection(holder: string): Overloaded {
    const message =
      `Too many ${what}: this ${named} has ${held(holder)}, all together have ${sum} of ${total}, ` +
      "and one may have no more than it leaves to the others. Nothing of this call was done; send it again in 1 s.";
    return new Overloaded(message, 1);
  }

  function hold(holder: string, size: number): Release {
    sum += size;
    holdings.set(holder, held(holder) + size);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      sum -= size;
      const left = held(holder) - size;
      if (left > 0) holdings.set(holder, left);
      else holdings.delete(holder);
      admit();
    };
  }

  /** Admits as many waiting calls as there is room for, one of each holder in turn. */
  function admit(): void {
    const next = [...queues].find(([holder]) => fits(holder, 1));
    if (!next) return;
    const [holder, queue] = next;
    queues.delete(holder);
    queue.shift()?.();
    if (queue.length > 0) queues.set(holder, queue);
    admit();
  }

  return {
    held,
    take(holder, size = 1) {
      if (!fits(holder, size)) throw rejection(holder);
      return hold(holder, size);
    },
    async whenFree(holder, signal) {
      signal?.throwIfAborted();
      const queue = queues.get(holder) ?? [];
      if (queue.length === 0 && fits(holder, 1)) return hold(holder, 1);
      if (queue.length >= maxWaiting) throw rejection(holder);
      queues.set(holder, queue);
      return new Promise((resolve, reject) => {
        const enter = () => {
          signal?.removeEventListener("abort", leave);
          resolve(hold(holder, 1));
        };
        const leave = () => {
          queue.splice(queue.indexOf(enter), 1);
          if (queue.length === 0) queues.delete(holder);
          reject(signal?.reason);
        };
        queue.push(enter);
        signal?.addEventListener("abort", leave, { once: true });
      });
    },
  };
}
