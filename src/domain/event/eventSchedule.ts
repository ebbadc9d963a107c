import type { Pool, Tx } from "../../db/connection/client.ts";
import type { EventRow, EventStatus } from "../../db/event/events.ts";
import {
  databaseNow,
  isBegun,
  lockedEvent,
  writeCancelled,
  writeRescheduled,
} from "../../db/event/schedules.ts";
import { isId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import { hasSchedule, type ScheduleInput, scheduleOf } from "./schedule.ts";

/**
 * Runs `write` with the event locked. Throws NOT_FOUND, or NOT_ALLOWED_NOW when its state is not in `allowed` or a part
 * of its deliveries is already written.
 */
function changeEvent(
  sql: Pool,
  { projectId, id }: { projectId: string; id: string },
  allowed: EventStatus[],
  write: (tx: Tx, event: EventRow) => Promise<EventRow>,
): Promise<EventRow> {
  if (!isId(id)) throw userError("NOT_FOUND", `no event ${id}`, ["id"]);
  return sql.begin(async (tx) => {
    const event = await lockedEvent(tx, projectId, id);
    if (!event) throw userError("NOT_FOUND", `no event ${id}`, ["id"]);
    if (!allowed.includes(event.status)) {
      throw userError(
        "NOT_ALLOWED_NOW",
        `event ${id} is ${event.status}; this can be done only while it is ${allowed.join(" or ")}`,
        ["id"],
      );
    }
    if (await isBegun(tx, event)) {
      const message = `event ${id} is being dispatched: a part of its deliveries is on its way`;
      throw userError("NOT_ALLOWED_NOW", message, ["id"]);
    }
    return write(tx, event);
  });
}

/**
 * Cancels an event that is not matched yet, permanently: it will have no delivery. The row lock decides between this
 * and a concurrent dispatch. Throws NOT_FOUND or NOT_ALLOWED_NOW.
 */
export const cancelEvent = async (sql: Pool, projectId: string, id: string): Promise<EventRow> =>
  changeEvent(sql, { projectId, id }, ["SCHEDULED", "STAGED"], async (tx, event) => {
    await audit(tx, {
      projectId,
      action: "cancelEvent",
      entity: ["Event", event.id],
      before: { status: event.status },
      after: { status: "CANCELLED" },
    });
    return writeCancelled(tx, event);
  });

/**
 * Reschedules a SCHEDULED event; the new time is computed as for an emit, and a time in the past makes it due at once.
 * Throws INVALID, NOT_FOUND or NOT_ALLOWED_NOW.
 */
export async function rescheduleEvent(
  sql: Pool,
  projectId: string,
  id: string,
  schedule: ScheduleInput,
): Promise<EventRow> {
  if (!hasSchedule(schedule)) {
    throw userError("INVALID", "give 'timestamp', 'delay' (seconds) or both", ["timestamp"]);
  }
  return changeEvent(sql, { projectId, id }, ["SCHEDULED"], async (tx, event) => {
    const now = await databaseNow(tx);
    const due = scheduleOf(schedule, now) ?? now;
    await audit(tx, {
      projectId,
      action: "rescheduleEvent",
      entity: ["Event", event.id],
      before: { scheduledFor: event.scheduledFor },
      after: { scheduledFor: due },
    });
    return writeRescheduled(tx, event, due);
  });
}
