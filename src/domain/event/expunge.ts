/**
 * Erases the content of events for good: data, what was sent and answered, buttons, fingerprints. What remains are ids,
 * types, times and states, so that the hub's ledger stays whole. What waits to be sent is cancelled first; an event of
 * which something is in flight is erased once that has ended. System events that quote an erased event are erased, too.
 */
import type { Pool } from "../../db/connection/client.ts";
import { eventHeadsById } from "../../db/event/events.ts";
import {
  clockNow,
  countUnerased,
  eraseDependents,
  eraseEvents,
  nextToErase,
} from "../../db/event/expunge.ts";
import { eraseFeedErrors } from "../../db/event/expungeFeed.ts";
import { addJobs, type ExpungeJob, type Expunging } from "../../db/queue/jobs.ts";
import { isId, newId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { type Audited, audit } from "../audit/audit.ts";
import { checkLine } from "../input/singleLineText.ts";
import { eventLimits } from "./eventInput.ts";

/** Events erased in one transaction: the project's head is locked meanwhile. */
const CHUNK = 100;
/** How long the caller waits; a job erases the rest. */
const PATIENCE_MS = 5_000;
/** An event with something in flight is looked at again after this time. */
const BUSY_MS = 2_000;
/** The job looks once more, later: a call that ended meanwhile may have led to another system event. */
const LAST_LOOK_MS = 10_000;

/** Queues the job that goes on from here, in place of the one queued before. */
const queueNext = (sql: Parameters<typeof addJobs>[0], job: ExpungeJob, inMs: number) =>
  addJobs(sql, [
    {
      identifier: "expunge",
      payload: job,
      key: `expunge:${job.id}`,
      runAt: new Date(Date.now() + inMs),
    },
  ]);

/** One step: erases what belongs to the events erased by the step before, then the next events. */
async function eraseNext(
  sql: Pool,
  job: ExpungeJob,
  pauseMs: number,
  asked?: Audited,
): Promise<ExpungeJob | null> {
  const { which, by, since, erased } = job;
  await eraseDependents(sql, which.projectId, erased);
  const next = await sql.begin(async (tx) => {
    if (asked) await audit(tx, asked);
    const ids = await nextToErase(tx, which, CHUNK);
    const now = ids.length > 0 ? await eraseEvents(tx, { ...which, ids, by }) : [];
    const isDone = ids.length === 0;
    if (isDone && job.isLastLook) return { isDone };
    const next = { ...job, erased: now, isLastLook: isDone };
    await queueNext(tx, next, isDone ? LAST_LOOK_MS : now.length === 0 ? BUSY_MS : pauseMs);
    return { isDone, ...(now.length > 0 && { job: next }) };
  });
  // Once and not in each step: it reads the feed from the oldest event on.
  if (next.isDone) await eraseFeedErrors(sql, which, since);
  return next.job ?? null;
}

/** Continues an erasure by one step. */
export const continueExpunge = (sql: Pool, job: ExpungeJob): Promise<unknown> =>
  eraseNext(sql, job, 0);

/** Erases what it can within a few seconds, and leaves the rest to the job. Returns the number of events concerned. */
async function expunge(
  sql: Pool,
  which: Expunging,
  by: string,
  asked: Omit<Audited, "projectId">,
): Promise<number> {
  const count = await countUnerased(sql, which);
  const begun = performance.now();
  const since = await clockNow(sql);
  const first: ExpungeJob = { id: newId(), which, by, since, erased: [], isLastLook: false };
  // The entry is written with the first step, which also queues all others.
  let job = await eraseNext(sql, first, PATIENCE_MS, { ...asked, projectId: which.projectId });
  while (job && performance.now() - begun < PATIENCE_MS)
    job = await eraseNext(sql, job, PATIENCE_MS);
  return count;
}

/** Erases an event's content. `by`: the name of the caller's key. Throws NOT_FOUND. */
export async function expungeEvent(
  sql: Pool,
  projectId: string,
  id: string,
  by: string,
): Promise<number> {
  const which = { projectId, eventId: id };
  const [event] = isId(id) ? await eventHeadsById(sql, projectId, [id]) : [];
  if (!event) throw userError("NOT_FOUND", `no event ${id}`, ["id"]);
  return expunge(sql, which, by, {
    action: "expungeEvent",
    entity: ["Event", event.id],
    after: {},
  });
}

/** Erases the content of all events of a user that were emitted until now. Throws INVALID. */
export async function expungeUser(
  sql: Pool,
  projectId: string,
  userId: string,
  by: string,
): Promise<number> {
  checkLine("userId", userId, eventLimits.short);
  const which = { projectId, userId, until: await clockNow(sql) };
  return expunge(sql, which, by, { action: "expungeUser", after: { userId } });
}
