import { Overloaded } from "./overloaded.ts";
import { createShares, type Release } from "./shares.ts";

/** Limits of a queue: the total size and the time spent waiting. */
export type QueueLimits = {
  /** What waits, as the error message names it. */
  what: string;
  /** Maximum total size that may wait; each holder gets a share of it. */
  size: number;
  /**
   * A holder's new items are rejected while its oldest item has waited longer than this: arrivals outpace the consumer,
   * whatever the queue's size.
   */
  slowMs?: number;
  /**
   * An item that has waited longer than this is rejected. Queue time plus the 10 s statement timeout must stay below
   * the 30 s operation limit: nothing may be written for a caller who was told that the operation timed out.
   */
  lostMs?: number;
};

/** A queued item; `reject` is called when its wait passes the limit. */
export type Queued = {
  /** The queue's limits and turns are per holder. */
  holder: string;
  size: number;
  since: number;
  reject: (reason: unknown) => void;
};

type Queue<Item extends Queued> = {
  readonly length: number;
  /** Throws Overloaded when an item of this size may not join. */
  checkRoom(holder: string, size: number): void;
  /** Throws Overloaded as `checkRoom` does. */
  add(item: Item): void;
  /** Takes one item of each holder in turn, oldest first, up to this total size; at least one. */
  take(maxSize: number): Item[];
  /**
   * Takes the oldest items of the first holder that `mayTake` allows, up to this total size; at least one, or none when
   * no holder is allowed.
   */
  takeOfOne(maxSize: number, mayTake: (holder: string) => boolean): Item[];
};

const SLOW_MS = 2_000;
const LOST_MS = 10_000;

const ageOf = ({ since }: Queued) => performance.now() - since;

/**
 * A fair queue: holders take turns, so a holder with many items delays only its own. With limits its length is bounded:
 * while PostgreSQL falls behind, new items are rejected at once instead of waiting longer than their client does.
 * `onSize` receives each change of the total size.
 */
export function createQueue<Item extends Queued>(
  limits?: QueueLimits,
  onSize: (change: number) => void = () => {},
): Queue<Item> {
  const { what = "", size: total = Infinity, slowMs = SLOW_MS, lostMs = LOST_MS } = limits ?? {};
  const room = createShares({ what, total });
  const queues = new Map<string, { item: Item; release: Release }[]>();
  let length = 0;
  let timer: NodeJS.Timeout | undefined;

  function overloaded(holder: string): Overloaded {
    const [oldest] = queues.get(holder) ?? [];
    const age = oldest ? ageOf(oldest.item) / 1_000 : 0;
    const retryAfter = Math.min(Math.max(Math.ceil(age), 1), LOST_MS / 1_000);
    return new Overloaded(
      `PostgreSQL writes more slowly than events come: ${room.held(holder)} wait, the oldest for ${age.toFixed(1)} s. ` +
        `Nothing of this call was stored; send it again in ${retryAfter} s.`,
      retryAfter,
    );
  }

  /** Removes the holder's oldest items and moves the holder behind the others. */
  function remove(holder: string, count: number): Item[] {
    const waiting = queues.get(holder) ?? [];
    const removed = waiting.splice(0, count);
    queues.delete(holder);
    if (waiting.length > 0) queues.set(holder, waiting);
    for (const { release } of removed) release();
    length -= removed.length;
    onSize(-removed.reduce((sum, { item }) => sum + item.size, 0));
    return removed.map(({ item }) => item);
  }

  function rejectExpired() {
    timer = undefined;
    for (const [holder, waiting] of [...queues]) {
      const error = overloaded(holder);
      const inTime = waiting.findIndex(({ item }) => ageOf(item) < lostMs);
      const expired = inTime < 0 ? waiting.length : inTime;
      if (expired > 0) for (const { reject } of remove(holder, expired)) reject(error);
    }
    watch();
  }

  /** One timer for all items. It is set for the oldest item and not reset when that item leaves the queue. */
  function watch() {
    if (!limits || timer || queues.size === 0) return;
    const ages = [...queues.values()].map(([oldest]) => (oldest ? ageOf(oldest.item) : 0));
    timer = setTimeout(rejectExpired, lostMs - Math.max(...ages)).unref();
  }

  function checkSlow(holder: string) {
    const [oldest] = queues.get(holder) ?? [];
    if (limits && oldest && ageOf(oldest.item) > slowMs) throw overloaded(holder);
  }

  return {
    get length() {
      return length;
    },
    checkRoom(holder, size) {
      checkSlow(holder);
      room.take(holder, size)();
    },
    add(item) {
      checkSlow(item.holder);
      const release = room.take(item.holder, item.size);
      const waiting = queues.get(item.holder) ?? [];
      waiting.push({ item, release });
      queues.set(item.holder, waiting);
      length++;
      onSize(item.size);
      watch();
    },
    take(maxSize) {
      const turns = [...queues].map(([holder, waiting]) => ({ holder, waiting, count: 0 }));
      let size = 0;
      let isFull = false;
      for (let open = turns; open.length > 0 && !isFull; ) {
        for (const turn of open) {
          size += turn.waiting[turn.count]?.item.size ?? 0;
          isFull = size > maxSize && (turn !== turns[0] || turn.count > 0);
          if (isFull) break;
          turn.count++;
        }
        open = open.filter(({ waiting, count }) => count < waiting.length);
      }
      return turns.flatMap(({ holder, count }) => (count > 0 ? remove(holder, count) : []));
    },
    takeOfOne(maxSize, mayTake) {
      for (const [holder, waiting] of queues) {
        if (!mayTake(holder)) continue;
        let size = 0;
        const end = waiting.findIndex(({ item }, index) => {
          size += item.size;
          return size > maxSize && index > 0;
        });
        return remove(holder, end < 0 ? waiting.length : end);
      }
      return [];
    },
  };
}
