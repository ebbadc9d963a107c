import type { Pool, Sql } from "../../db/connection/client.ts";
import { type Change, changesAfter, feedBounds } from "../../db/feed/changes.ts";
import {
  type Counts,
  countedEvents,
  countsAt,
  createdAtOf,
  hooksAmong,
  lockCountedTo,
  type Place,
  saveCountedTo,
  saveCounts,
} from "../../db/statistics/statistics.ts";
import { bucketOf } from "./latency.ts";
import { createTally } from "./tally.ts";

/** A page costs some statements however little is in it; a large one keeps the process from what happens now. */
const PAGE = { changes: 1_000, records: 500 };

/** A delivery created so long after its event began is a late one, of a backfill: its latency counts from then. */
const LATE_MS = 300_000;

/** The end of an attempt, or the loss of a delivery. */
type Outcome = {
  id: string;
  eventId: string;
  hookId: string;
  at: Date;
  status: string;
  /** The status code, 0 for no answer, null if there was no attempt. */
  answer: number | null;
};

function outcomeOf({ entityId, eventId, hookId, state, at }: Change): Outcome[] {
  const status = String(state.status);
  const answer = typeof state.answer === "number" ? state.answer : null;
  if (eventId === null || hookId === null || (answer === null && status !== "QUARANTINED"))
    return [];
  return [{ id: entityId, eventId, hookId, at, status, answer }];
}

const unique = (ids: readonly string[]) => [...new Set(ids)];

function countsOf({ status, answer }: Outcome): Partial<Counts> {
  const answers = answer === null ? {} : { [answer]: 1 };
  if (status === "SUCCEEDED") return { succeeded: 1, answers };
  if (status === "RETRYING" || status === "PARKED") return { retried: 1, answers };
  return status === "CANCELLED" ? { answers } : { failed: 1, answers };
}

/** How long each successful delivery took, in milliseconds: from when its event was accepted or due. */
async function latenciesOf(
  sql: Sql,
  projectId: string,
  outcomes: readonly Outcome[],
  startOf: (eventId: string) => Date | undefined,
): Promise<Map<Outcome, number>> {
  const since = (at: Date, start: Date | undefined) => at.getTime() - (start ?? at).getTime();
  const succeeded = outcomes.filter(({ status }) => status === "SUCCEEDED");
  const late = succeeded.filter(({ eventId, at }) => since(at, startOf(eventId)) > LATE_MS);
  const created = await createdAtOf(sql, projectId, late);
  return new Map(
    succeeded.map((outcome) => {
      const start = startOf(outcome.eventId);
      const made = created.get(outcome.id);
      const isLate = start && made && made.getTime() - start.getTime() > LATE_MS;
      return [outcome, since(outcome.at, isLate ? made : start)];
    }),
  );
}

/** The counts that these changes add. Deliveries of a workflow's steps are not among them. */
async function countChanges(
  sql: Sql,
  projectId: string,
  changes: readonly Change[],
): Promise<(Place & Counts)[]> {
  const tally = createTally();
  const deliveries = changes.filter(({ kind }) => kind === "DELIVERY");
  const hookIds = deliveries.flatMap(({ hookId }) => hookId ?? []);
  const hooks = await hooksAmong(sql, projectId, unique(hookIds));
  for (const { kind, created, state, hookId, at } of changes) {
    if (!created) continue;
    if (kind === "EVENT") tally.add(at, null, String(state.type), { accepted: 1 });
    else if (kind === "DELIVERY" && hookId !== null && hooks.has(hookId))
      tally.addToHook(at, hookId, { accepted: 1 });
  }
  const outcomes = deliveries.flatMap(outcomeOf).filter(({ hookId }) => hooks.has(hookId));
  const found = await countedEvents(sql, projectId, unique(outcomes.map(({ eventId }) => eventId)));
  const events = new Map(found.map((event) => [event.id, event]));
  const startOf = (eventId: string) => events.get(eventId)?.startedAt;
  const latencies = await latenciesOf(sql, projectId, outcomes, startOf);
  for (const outcome of outcomes) {
    const ms = latencies.get(outcome);
    tally.add(outcome.at, outcome.hookId, events.get(outcome.eventId)?.type ?? null, {
      ...countsOf(outcome),
      ...(ms !== undefined && { latencies: { [bucketOf(ms)]: 1 } }),
    });
  }
  return tally.rows();
}

/**
 * Adds the next changes of a project's feed to its statistics, each exactly once: the position moves in the same
 * transaction. Returns whether there may be more. Of several processes one counts.
 */
export const rollUp = (sql: Pool, projectId: string): Promise<boolean> =>
  sql.begin(async (tx) => {
    const position = await lockCountedTo(tx, projectId);
    if (position === null) return false;
    const page = (await changesAfter(sql, [{ projectId, position }], PAGE)).get(projectId);
    if (!page) {
      // Retention has removed what was not counted.
      const { horizon } = await feedBounds(sql, projectId);
      if (horizon > position) await saveCountedTo(tx, projectId, { position: horizon, at: null });
      return horizon > position;
    }
    const added = await countChanges(sql, projectId, page.changes);
    const tally = createTally(added);
    for (const { scope, subject, step, at, ...counts } of await countsAt(tx, projectId, added))
      tally.addAt({ scope, subject, step, at }, counts);
    await saveCounts(tx, projectId, tally.rows());
    const at = page.changes.at(-1)?.at ?? null;
    await saveCountedTo(tx, projectId, { position: page.upTo, at });
    return page.changes.length >= PAGE.changes / 2;
  });
