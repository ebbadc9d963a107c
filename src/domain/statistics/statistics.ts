import type { Sql } from "../../db/connection/client.ts";
import {
  type Counts,
  countedAt,
  countsBetween,
  type Scope,
  type Step,
} from "../../db/statistics/statistics.ts";
import { userError } from "../../util/userError.ts";
import { percentile } from "./latency.ts";
import { HOUR_MS, startOfStep, stepMs } from "./steps.ts";
import { sumOf } from "./tally.ts";

type StatisticsRange = {
  hookId?: string | null | undefined;
  type?: string | null | undefined;
  /** Times, or RFC 3339. */
  since?: Date | string | null | undefined;
  until?: Date | string | null | undefined;
};

/** The counts of a minute, an hour or a whole range, beginning at `at`. */
export type StatisticsPoint = {
  at: Date;
  accepted: number;
  succeeded: number;
  failed: number;
  retried: number;
  /** Of the ended deliveries; null if none ended. */
  successShare: number | null;
  /** Null if none succeeded. */
  latencyP50Ms: number | null;
  latencyP95Ms: number | null;
  /** By status code, ascending; null for attempts without an answer. */
  answers: { statusCode: number | null; count: number }[];
};

export type Statistics = {
  step: Step;
  since: Date;
  until: Date;
  /** Up to when everything is counted; null if nothing happened yet. */
  countedAt: Date | null;
  total: StatisticsPoint;
  points: StatisticsPoint[];
};

/** Minutes are kept for two days, and shown for ranges up to this. */
const MINUTES_MS = 12 * HOUR_MS;
const MINUTES_KEPT_MS = 48 * HOUR_MS;
const DEFAULT_MS = HOUR_MS;
const MAX_DAYS = 90;
const MAX_MS = MAX_DAYS * 24 * HOUR_MS;
/** Whole steps beyond these could not be written as a time. */
const EARLIEST = new Date("1000-01-02T00:00:00Z");
const LATEST = new Date("9999-12-31T00:00:00Z");

function pointOf(at: Date, counts: Counts): StatisticsPoint {
  const { accepted, succeeded, failed, retried, latencies, answers } = counts;
  const ended = succeeded + failed;
  return {
    ...{ at, accepted, succeeded, failed, retried },
    successShare: ended === 0 ? null : succeeded / ended,
    latencyP50Ms: percentile(latencies, 0.5),
    latencyP95Ms: percentile(latencies, 0.95),
    answers: Object.entries(answers)
      .map(([code, count]) => ({ statusCode: Number(code) || null, count }))
      .sort((a, b) => (a.statusCode ?? 0) - (b.statusCode ?? 0)),
  };
}

function placeOf({ hookId, type }: StatisticsRange): { scope: Scope; subject: string } {
  if (hookId != null && type != null)
    throw userError("INVALID", "give hookId or type, not both", ["type"]);
  if (hookId != null) return { scope: "HOOK", subject: hookId };
  return type == null ? { scope: "PROJECT", subject: "" } : { scope: "TYPE", subject: type };
}

function spanOf({ since, until }: StatisticsRange, now: Date): { since: Date; until: Date } {
  const end = until == null ? now : new Date(until);
  const start = since == null ? new Date(end.getTime() - DEFAULT_MS) : new Date(since);
  for (const [name, time] of Object.entries({ until: end, since: start }))
    if (time < EARLIEST || time > LATEST)
      throw userError(
        "INVALID",
        `${name} must lie between ${EARLIEST.toISOString()} and ${LATEST.toISOString()}, and ${time.toISOString()} does not`,
        [name],
      );
  if (start >= end) throw userError("INVALID", "since must be before until", ["since"]);
  if (end.getTime() - start.getTime() > MAX_MS)
    throw userError("INVALID", `since and until may be at most ${MAX_DAYS} days apart`, ["since"]);
  return { since: start, until: end };
}

/** Minutes for a short and recent range, otherwise hours. */
function stepOf({ since, until }: { since: Date; until: Date }, now: Date): Step {
  const isShort = until.getTime() - since.getTime() <= MINUTES_MS;
  return isShort && now.getTime() - since.getTime() < MINUTES_KEPT_MS ? "MINUTE" : "HOUR";
}

/**
 * Counts of a project, one of its hooks or an event type, from `since` (default: an hour before `until`) to `until`
 * (default: now), both widened to whole steps. Steps without activity are zeros. Throws INVALID.
 */
export async function readStatistics(
  sql: Sql,
  projectId: string,
  range: StatisticsRange,
  now = new Date(),
): Promise<Statistics> {
  const place = placeOf(range);
  const span = spanOf(range, now);
  const step = stepOf(span, now);
  const since = startOfStep(step, span.since);
  const until = new Date(
    startOfStep(step, new Date(span.until.getTime() - 1)).getTime() + stepMs[step],
  );
  const found = await countsBetween(sql, projectId, { ...place, step }, since, until);
  const byTime = new Map(found.map(({ at, ...counts }) => [at.getTime(), counts]));
  const none = sumOf([]);
  const points: StatisticsPoint[] = [];
  for (let at = since.getTime(); at < until.getTime(); at += stepMs[step])
    points.push(pointOf(new Date(at), byTime.get(at) ?? none));
  return {
    ...{ step, since, until, points },
    countedAt: await countedAt(sql, projectId),
    total: pointOf(since, sumOf(found)),
  };
}
