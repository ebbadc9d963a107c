/** Runs `work` for every number below `count`, so many at a time; gives back how long each took, in milliseconds. */
export async function concurrently(
  count: number,
  width: number,
  work: (index: number) => Promise<unknown>,
): Promise<number[]> {
  const took: number[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) {
        const index = next++;
        const start = performance.now();
        await work(index);
        took.push(performance.now() - start);
      }
    }),
  );
  return took;
}

export type Spread = { p50: number; p95: number; p99: number; max: number };

/** The usual percentiles, in the unit of the samples. */
export function spread(samples: number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) ?? Number.NaN };
}

/** The middle one, or what is in the middle of two. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return (at((sorted.length - 1) >> 1) + at(sorted.length >> 1)) / 2;
}

/** How many a second, of work that is timed here. */
export async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - start);
}

/** Calls `work` so many times a second, evenly, for so many seconds; waits for all of them. */
export async function atRate(
  rate: number,
  seconds: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  const running: Promise<unknown>[] = [];
  const start = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(
        rate * seconds,
        Math.floor(((performance.now() - start) * rate) / 1_000),
      );
      while (running.length < due) running.push(work(running.length));
      if (running.length < rate * seconds) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  await Promise.all(running);
}

/** Does `work` again and again for so many seconds, so many at a time; gives back how often. */
export async function forSeconds(
  seconds: number,
  width: number,
  work: (index: number) => Promise<unknown>,
): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let count = 0;
  await Promise.all(
    Array.from({ length: width }, async (_, index) => {
      for (; performance.now() < end; count++) await work(index);
    }),
  );
  return count;
}
