/**
 * Latencies are counted in buckets, four for each doubling, so that percentiles of any time range can be added up. A
 * percentile is off by 9 % at most.
 */
const BUCKETS_PER_DOUBLING = 4;

/** The bucket of a latency in milliseconds. */
export const bucketOf = (ms: number): number =>
  Math.round(Math.log2(Math.max(1, ms)) * BUCKETS_PER_DOUBLING);

/** The latency in the middle of a bucket. */
const latencyOf = (bucket: number): number => 2 ** (bucket / BUCKETS_PER_DOUBLING);

/** The latency in milliseconds that `share` of the counted ones do not exceed; null if none was counted. */
export function percentile(counts: Readonly<Record<string, number>>, share: number): number | null {
  const buckets = Object.entries(counts)
    .map(([bucket, count]) => ({ bucket: Number(bucket), count }))
    .sort((a, b) => a.bucket - b.bucket);
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  for (const { bucket, count } of buckets) {
    seen += count;
    if (seen >= total * share) return latencyOf(bucket);
  }
  return null;
}
