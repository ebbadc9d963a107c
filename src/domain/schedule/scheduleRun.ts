/**
 * A due run emits its event and sets the next run in one transaction, with the schedule's row locked: of several
 * processes one does it, and after a crash either both are written or neither. The event's idempotency key is
 * `schedule:<id>:<time>`. When nothing ran for a while, one event stands for all runs that were due, the last of them.
 */
import type { Pool } from "../../db/connection/client.ts";
import { errorCode } from "../../db/connection/errorCode.ts";
import { isLocked, isOutage } from "../../db/connection/outage.ts";
import { databaseNow } from "../../db/event/schedules.ts";
import {
  type DueRun,
  type EventScheduleRow,
  eventSchedulesById,
  lockedEventSchedule,
  type RunOutcome,
  recordFailedRun,
  recordManualRun,
  recordRun,
} from "../../db/schedule/eventSchedules.ts";
import { isId } from "../../util/ids.ts";
import { Overloaded } from "../../util/overloaded.ts";
import { createTimeSlice } from "../../util/timeSlice.ts";
import { UserError, userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import type { EmitInTransaction } from "../emit/emitInTransaction.ts";
import { readCron } from "./cron.ts";
import { nextRun } from "./nextRun.ts";
import { eventFrom, underEvent } from "./scheduledEvent.ts";

/** The most missed runs that are counted at once. */
const MAX_MISSED = 1_000;
/** The shortest time between two runs. */
const MINUTE = 60_000;

/** Thrown when a run is no longer due: another process did it, or a person changed the schedule. */
class NotDue extends Error {
  override name = "NotDue" as const;
}

type DuePlan = RunOutcome & { runAt: Date };

/** Of the runs from `dueAt` to now the last one, how many were before it, and the first one after now. */
export async function planDueRun(
  { cron, timeZone }: Pick<EventScheduleRow, "cron" | "timeZone">,
  dueAt: Date,
  now: Date,
): Promise<DuePlan> {
  const times = readCron(cron);
  const nextSlice = createTimeSlice();
  let [runAt, nextRunAt, missed] = [dueAt, nextRun(times, timeZone, dueAt), 0];
  for (; nextRunAt <= now && missed < MAX_MISSED; missed += 1) {
    [runAt, nextRunAt] = [nextRunAt, nextRun(times, timeZone, nextRunAt)];
    await nextSlice();
  }
  if (nextRunAt > now) return { runAt, nextRunAt, missed };
  // So many that they are not counted: the last one is found from now, backwards.
  for (let back = MINUTE; nextRun(times, timeZone, runAt) <= now; back *= 2)
    for (let at = nextRun(times, timeZone, new Date(now.getTime() - back)); at <= now; ) {
      runAt = at;
      at = nextRun(times, timeZone, at);
      await nextSlice();
    }
  return { runAt, nextRunAt: nextRun(times, timeZone, runAt), missed };
}

const isDue = (row: EventScheduleRow | undefined, { dueAt }: DueRun): row is EventScheduleRow =>
  row?.nextRunAt?.getTime() === dueAt.getTime();

/** A failure that passes: the run stays due. */
const passes = (error: unknown) =>
  error instanceof Overloaded || isOutage(error) || isLocked(error);

/** Why a run can emit nothing; undefined when that is the hub's own fault. */
function reasonOf(error: unknown, key: string): string | undefined {
  if (error instanceof UserError) return error.message;
  // An idempotency key is taken.
  if (errorCode(error) === "SB002") return `another event has the idempotency key '${key}'`;
  return undefined;
}

/** What became of a due run: `failed` is why it emitted nothing. Undefined when it was not due any more. */
type DoneRun = { missed: number; failed?: string; error?: unknown };

/** Runs a schedule that is due. A run whose event is refused is over, with the reason; an outage is thrown. */
export async function runDueSchedule(
  { sql, emitInTransaction }: { sql: Pool; emitInTransaction: EmitInTransaction },
  due: DueRun,
): Promise<DoneRun | undefined> {
  const { projectId, id } = due;
  const [row] = await eventSchedulesById(sql, projectId, [id]);
  if (!isDue(row, due)) return undefined;
  const plan = await planDueRun(row, due.dueAt, await databaseNow(sql));
  const { runAt, missed } = plan;
  const key = `schedule:${id}:${runAt.toISOString()}`;
  try {
    await emitInTransaction({ projectId, trace: null }, "SCHEDULE", async (tx) => {
      const [locked] = await lockedEventSchedule(tx, projectId, id);
      // A change of the cron moves the next run; should it be the same one, what follows it is reckoned anew.
      if (!isDue(locked, due) || locked.cron !== row.cron || locked.timeZone !== row.timeZone)
        throw new NotDue();
      const input = { ...eventFrom(locked.event), idempotencyKey: key, timestamp: runAt };
      return { result: null, record: (eventId) => recordRun(tx, due, plan, eventId), input };
    });
    return { missed };
  } catch (error) {
    if (error instanceof NotDue) return undefined;
    if (passes(error)) throw error;
    const failed = reasonOf(error, key) ?? "an internal error: the hub's log has it";
    const isNoted = await sql.begin(async (tx) => {
      const [locked] = await lockedEventSchedule(tx, projectId, id);
      if (!isDue(locked, due)) return false;
      await recordFailedRun(tx, due, plan, failed);
      return true;
    });
    return isNoted ? { missed, failed, error } : undefined;
  }
}

/**
 * Runs a schedule once, now, whether it is paused or not; its next run stays. Throws NOT_FOUND or the errors of emitting
 * its event, with paths under `event`. `trace`: that of the request.
 */
export async function runEventSchedule(
  { sql, emitInTransaction }: { sql: Pool; emitInTransaction: EmitInTransaction },
  place: { projectId: string; trace: string | null },
  id: string,
): Promise<EventScheduleRow> {
  const { projectId } = place;
  const notFound = userError("NOT_FOUND", `no schedule ${id}`, ["id"]);
  if (!isId(id)) throw notFound;
  const inEvent = (error: unknown): never => {
    if (!(error instanceof UserError) || error === notFound) throw error;
    throw new UserError(error.entries.map(underEvent));
  };
  await emitInTransaction(place, "MANUAL", async (tx) => {
    const [row] = await lockedEventSchedule(tx, projectId, id);
    if (!row) throw notFound;
    const entity = ["EventSchedule", row.id] as const;
    await audit(tx, { projectId, action: "runEventSchedule", entity, after: { name: row.name } });
    const record = (eventId: string | null) => recordManualRun(tx, row, eventId);
    return { result: null, record, input: eventFrom(row.event) };
  }).catch(inEvent);
  const [row] = await eventSchedulesById(sql, projectId, [id]);
  if (!row) throw notFound;
  return row;
}
