export type BatcherOptions<Item> = {
  /** The most items of one batch, counted by `sizeOf` (default: 1 each). */
  maxSize: number;
  /** How many batches may be written at once. */
  parallel: number;
  sizeOf?: (item: Item) => number;
};

type Waiting<Item, Result> = {
  item: Item;
  resolve: (result: Result) => void;
  reject: (reason: unknown) => void;
};

/**
 * Groups concurrent calls into batches: no delay when idle, and under load one commit for many callers. `write`
 * settles each item of its batch through the outcome it returns for it; when it throws, all of them fail.
 */
export function createBatcher<Item, Result>(
  write: (items: Item[]) => Promise<PromiseSettledResult<Result>[]>,
  { maxSize, parallel, sizeOf = () => 1 }: BatcherOptions<Item>,
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let running = 0;
  let scheduled = false;

  function take(): Waiting<Item, Result>[] {
    let size = 0;
    let count = 0;
    for (const { item } of waiting) {
      size += sizeOf(item);
      if (count > 0 && size > maxSize) break;
      count++;
    }
    return waiting.splice(0, count);
  }

  async function run(batch: Waiting<Item, Result>[]) {
    running++;
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
      start();
    }
  }

  function start() {
    scheduled = false;
    while (running < parallel && waiting.length > 0) void run(take());
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // setImmediate lets every call of this turn of the event loop join the batch.
      if (!scheduled) {
        scheduled = true;
        setImmediate(start);
      }
    });
}
