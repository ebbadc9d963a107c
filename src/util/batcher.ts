import { createQueue, type Queued, type QueueLimits } from "./queue.ts";

export type BatcherOptions<Item> = {
  /** Maximum size of a batch, counted by `sizeOf` (default: 1 per item). */
  maxSize: number;
  /** Maximum number of batches written at once. */
  parallel: number;
  /** A partial batch begins at the earliest this many milliseconds after the previous one. Default: 0. */
  gatherMs?: number;
  sizeOf?: (item: Item) => number;
  /** The holder of an item. Holders take turns. Default: all items share one holder. */
  holderOf?: (item: Item) => string;
  /**
   * With this set, each batch holds items of one holder, and at most this many batches of a holder are written at once.
   * By default a batch mixes holders.
   */
  perHolder?: number;
  /** Limits of the waiting items; unlimited when absent. */
  waiting?: QueueLimits;
  /** Receives each change of the waiting items' total size. */
  onWaiting?: (change: number) => void;
};

type Batcher<Item, Result> = {
  /** Settles with the item's batch. Rejects with Overloaded when too much waits. */
  add(item: Item): Promise<Result>;
  /** Throws Overloaded when an item of this holder and size could not be added now. */
  checkRoom(holder: string, size: number): void;
};

type Waiting<Item, Result> = Queued & { item: Item; resolve: (result: Result) => void };

/**
 * Groups concurrent calls into batches: no delay when idle, one commit for many callers under load. `write` returns an
 * outcome for each item of its batch; when it throws, every item fails.
 */
export function createBatcher<Item, Result>(
  write: (items: Item[]) => Promise<PromiseSettledResult<Result>[]>,
  options: BatcherOptions<Item>,
): Batcher<Item, Result> {
  const { maxSize, parallel, gatherMs = 0, sizeOf = () => 1, holderOf = () => "" } = options;
  const { perHolder } = options;
  const queue = createQueue<Waiting<Item, Result>>(options.waiting, options.onWaiting);
  let running = 0;
  const runningOf = new Map<string, number>();
  let scheduled = false;
  let timer: NodeJS.Timeout | undefined;
  let begunAt = Number.NEGATIVE_INFINITY;

  function count(holder: string, change: 1 | -1) {
    const now = (runningOf.get(holder) ?? 0) + change;
    if (now > 0) runningOf.set(holder, now);
    else runningOf.delete(holder);
  }

  const next = () =>
    perHolder === undefined
      ? queue.take(maxSize)
      : queue.takeOfOne(maxSize, (holder) => (runningOf.get(holder) ?? 0) < perHolder);

  async function run(batch: Waiting<Item, Result>[]) {
    const holder = batch[0]?.holder ?? "";
    running++;
    count(holder, 1);
    try {
      const outcomes = await write(batch.map(({ item }) => item));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[index];
        if (outcome?.status === "fulfilled") resolve(outcome.value);
        else reject(outcome?.reason ?? new Error("the batch gave no outcome for an item"));
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      running--;
      count(holder, -1);
      start();
    }
  }

  function start() {
    scheduled = false;
    clearTimeout(timer);
    if (queue.length === 0 || running >= parallel) return;
    const early = begunAt + gatherMs - performance.now();
    if (early > 0 && queue.length < maxSize) {
      timer = setTimeout(start, early);
      return;
    }
    while (running < parallel && queue.length > 0) {
      const batch = next();
      if (batch.length === 0) return;
      begunAt = performance.now();
      void run(batch);
    }
  }

  return {
    checkRoom: queue.checkRoom,
    add: (item) =>
      new Promise((resolve, reject) => {
        const place = { holder: holderOf(item), size: sizeOf(item), since: performance.now() };
        queue.add({ ...place, item, resolve, reject });
        // setImmediate lets every call of this turn of the event loop join the batch.
        if (!scheduled) {
          scheduled = true;
          setImmediate(start);
        }
      }),
  };
}
