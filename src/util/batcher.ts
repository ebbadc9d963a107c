import { createQueue, type Queued, type QueueLimits } from "./queue.ts";

export type BatcherOptions<Item> = {
  /** The most items of one batch, counted by `sizeOf` (default: 1 each). */
  maxSize: number;
  /** How many batches may be written at once. */
  parallel: number;
  /** A batch that is not full begins so many milliseconds after another at the earliest; default: 0. */
  gatherMs?: number;
  sizeOf?: (item: Item) => number;
  /** Whose an item is: holders have their turns one after the other. Default: all are of one. */
  holderOf?: (item: Item) => string;
  /** Each batch is of one holder, and so many of one are written at once; by default a batch is of all holders. */
  perHolder?: number;
  /** What may wait for its batch; any number when absent. */
  waiting?: QueueLimits;
  /** Told by how much has come to wait, by size. */
  onWaiting?: (change: number) => void;
};

type Batcher<Item, Result> = {
  /** Settles with the item's batch. Throws Overloaded when too much waits. */
  add(item: Item): Promise<Result>;
  /** Throws Overloaded when an item of this holder and size could not be added now. */
  checkRoom(holder: string, size: number): void;
};

type Waiting<Item, Result> = Queued & { item: Item; resolve: (result: Result) => void };

/**
 * Groups concurrent calls into batches: no delay when idle, and under load one commit for many callers. `write`
 * settles each item of its batch through the outcome it returns for it; when it throws, all of them fail.
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
