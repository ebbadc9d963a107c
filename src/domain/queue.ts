import { Overloaded } from "../util/overloaded.ts";

/** What may wait: by size, and by time. */
export type QueueLimits = {
  /** The most that may wait together; a single one that is bigger may, too, when nothing else waits. */
  size: number;
  /** Nothing more is taken in while the oldest has waited so long: more comes than goes, whatever the size. */
  slowMs?: number;
  /**
   * Who has waited so long is refused. With the 10 s a statement may take, an answer is there before an operation's
   * 30 s are over: nothing is written for a caller who was told that it took too long.
   */
  lostMs?: number;
};

/** One that waits its turn; `reject` is told when it is refused after all. */
export type Queued = { size: number; since: number; reject: (reason: unknown) => void };

export type Queue<Item extends Queued> = {
  readonly length: number;
  /** Throws Overloaded when one of this size may not join. */
  checkRoom(size: number): void;
  /** Throws as `checkRoom`. */
  add(item: Item): void;
  /** The oldest, up to this size together; one at least. */
  take(maxSize: number): Item[];
};

const SLOW_MS = 2_000;
const LOST_MS = 10_000;

const ageOf = ({ since }: Queued) => performance.now() - since;

/**
 * First come, first served. With limits it never grows without end: who comes while PostgreSQL does not keep up is
 * refused at once, instead of waiting longer than its client does. `onSize` is told by how much it has grown.
 */
export function createQueue<Item extends Queued>(
  limits?: QueueLimits,
  onSize: (change: number) => void = () => {},
): Queue<Item> {
  const { size: maxTotal = Infinity, slowMs = SLOW_MS, lostMs = LOST_MS } = limits ?? {};
  const waiting: Item[] = [];
  let total = 0;
  let timer: NodeJS.Timeout | undefined;

  function overloaded(): Overloaded {
    const age = waiting[0] ? ageOf(waiting[0]) / 1_000 : 0;
    const retryAfter = Math.min(Math.max(Math.ceil(age), 1), LOST_MS / 1_000);
    return new Overloaded(
      `PostgreSQL writes more slowly than events come: ${total} wait, the oldest for ${age.toFixed(1)} s. ` +
        `Nothing of this call was stored; send it again in ${retryAfter} s.`,
      retryAfter,
    );
  }

  function remove(count: number): Item[] {
    const removed = waiting.splice(0, count);
    const size = removed.reduce((sum, item) => sum + item.size, 0);
    total -= size;
    onSize(-size);
    return removed;
  }

  function refuseLost() {
    timer = undefined;
    const error = overloaded();
    const inTime = waiting.findIndex((item) => ageOf(item) < lostMs);
    for (const { reject } of remove(inTime < 0 ? waiting.length : inTime)) reject(error);
    watch();
  }

  /** One timer for all: it is made for the oldest, and left alone when that one has its turn. */
  function watch() {
    const [oldest] = waiting;
    if (!limits || !oldest || timer) return;
    timer = setTimeout(refuseLost, lostMs - ageOf(oldest)).unref();
  }

  function checkRoom(size: number) {
    const [oldest] = waiting;
    if (!limits || !oldest) return;
    if (total + size > maxTotal || ageOf(oldest) > slowMs) throw overloaded();
  }

  return {
    get length() {
      return waiting.length;
    },
    checkRoom,
    add(item) {
      checkRoom(item.size);
      waiting.push(item);
      total += item.size;
      onSize(item.size);
      watch();
    },
    take(maxSize) {
      let size = 0;
      let count = 0;
      for (const item of waiting) {
        size += item.size;
        if (count > 0 && size > maxSize) break;
        count++;
      }
      return remove(count);
    },
  };
}
