/**
 * A schedule emits an event again and again, when its cron says so in its time zone. `nextRunAt` is all there is to
 * wait for: the worker looks for what is due (scheduleRun.ts), and a paused schedule has none.
 */
import type { Tx } from "../../db/connection/client.ts";
import { violates } from "../../db/connection/violates.ts";
import { databaseNow } from "../../db/event/schedules.ts";
import { lockProject } from "../../db/eventType/eventTypes.ts";
import {
  countEventSchedules,
  type EventScheduleRow,
  insertEventSchedule,
  lockedEventSchedule,
  removeEventSchedule,
  updateEventScheduleRow,
} from "../../db/schedule/eventSchedules.ts";
import { isId, newId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import type { AuditAction } from "../audit/auditAction.ts";
import { withheld } from "../audit/difference.ts";
import { checkAll } from "../input/checkAll.ts";
import { checkLine } from "../input/singleLineText.ts";
import { readCron } from "./cron.ts";
import { nextRun } from "./nextRun.ts";
import {
  checkScheduledEvent,
  type EventChecks,
  eventFrom,
  eventText,
  type ScheduledEventInput,
} from "./scheduledEvent.ts";
import { checkTimeZone } from "./timeZone.ts";

/** The services that schedules need. */
export type ScheduleServices = EventChecks & {
  /** Tells the workers that another run may be the next one. */
  onChanged: () => void;
};

/** Per project. */
const MAX_SCHEDULES = 1_000;
const MAX_NAME = 200;
const DEFAULT_TIME_ZONE = "UTC";

/** A schedule as the caller gives it; on an update, what is absent or null keeps its value. */
type ScheduleInput = {
  name?: string | null | undefined;
  cron?: string | null | undefined;
  timeZone?: string | null | undefined;
  event?: ScheduledEventInput | null | undefined;
};

const notFound = (id: string) => userError("NOT_FOUND", `no schedule ${id}`, ["id"]);

/** Checks what was given. Throws the errors of all fields together. */
const checkInput = (
  services: ScheduleServices,
  projectId: string,
  { name, cron, timeZone, event }: ScheduleInput,
) =>
  checkAll([
    () => name != null && checkLine("name", name, MAX_NAME),
    () => cron != null && readCron(cron),
    () => timeZone != null && checkTimeZone(timeZone),
    () => event != null && checkScheduledEvent(services, projectId, event),
  ]);

async function withUniqueName<Result>(name: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (!violates(error, "event_schedules_name")) throw error;
    const message = `a schedule named '${name}' exists already; names are unique in a project`;
    throw userError("NAME_TAKEN", message, ["name"]);
  }
}

const nextAfter = (
  { cron, timeZone }: Pick<EventScheduleRow, "cron" | "timeZone">,
  instant: Date,
): Date => nextRun(readCron(cron), timeZone, instant);

/** Saves a schedule, ACTIVE at once. Throws INVALID, NAME_TAKEN, LIMIT_REACHED or the errors of emitting its event. */
export async function scheduleEvents(
  services: ScheduleServices,
  projectId: string,
  input: ScheduleInput & { name: string; cron: string; event: ScheduledEventInput },
): Promise<EventScheduleRow> {
  await checkInput(services, projectId, input);
  const { name, cron } = input;
  const timeZone = input.timeZone ?? DEFAULT_TIME_ZONE;
  const row = await withUniqueName(name, () =>
    services.sql.begin(async (tx) => {
      // Without the lock, two at once would not count each other.
      await lockProject(tx, projectId);
      if ((await countEventSchedules(tx, projectId)) >= MAX_SCHEDULES)
        throw userError("LIMIT_REACHED", `a project has at most ${MAX_SCHEDULES} schedules`);
      const nextRunAt = nextAfter({ cron, timeZone }, await databaseNow(tx));
      const event = eventText(input.event);
      const key = { projectId, id: newId() };
      const [written] = await insertEventSchedule(tx, {
        ...key,
        ...{ name, cron, timeZone, event, nextRunAt },
      });
      await auditSchedule(tx, "scheduleEvents", null, written);
      return written;
    }),
  );
  if (!row) throw new Error("a schedule was not inserted");
  services.onChanged();
  return row;
}

/** Of its event the type is shown: the rest may be data of a person. */
const stateOf = ({ name, cron, timeZone, event, nextRunAt }: EventScheduleRow) => ({
  ...{ name, cron, timeZone, status: nextRunAt ? "ACTIVE" : "PAUSED" },
  ...{ type: eventFrom(event).type, event: withheld(event) },
});

async function auditSchedule(
  tx: Tx,
  action: AuditAction,
  before: EventScheduleRow | null,
  after: EventScheduleRow | null | undefined,
): Promise<void> {
  const row = before ?? after;
  if (!row) return;
  const { projectId, id } = row;
  const [was, is] = [before && stateOf(before), after && stateOf(after)];
  await audit(tx, { projectId, action, entity: ["EventSchedule", id], before: was, after: is });
}

/** Changes a schedule with its row locked: a run of it is over, or does not happen. Throws NOT_FOUND. */
async function change(
  { sql, onChanged }: Pick<ScheduleServices, "sql" | "onChanged">,
  { projectId, id }: { projectId: string; id: string },
  action: AuditAction,
  changed: (before: EventScheduleRow, tx: Tx) => Promise<EventScheduleRow>,
): Promise<EventScheduleRow> {
  if (!isId(id)) throw notFound(id);
  const row = await sql.begin(async (tx) => {
    const [before] = await lockedEventSchedule(tx, projectId, id);
    if (!before) throw notFound(id);
    const [written] = await updateEventScheduleRow(tx, await changed(before, tx));
    await auditSchedule(tx, action, before, written);
    return written;
  });
  if (!row) throw notFound(id);
  onChanged();
  return row;
}

/**
 * Changes a schedule. With another cron or time zone its next run is reckoned from now. Throws NOT_FOUND, and as
 * scheduleEvents.
 */
export async function updateEventSchedule(
  services: ScheduleServices,
  projectId: string,
  id: string,
  input: ScheduleInput,
): Promise<EventScheduleRow> {
  await checkInput(services, projectId, input);
  return withUniqueName(input.name ?? "", () =>
    change(services, { projectId, id }, "updateEventSchedule", async (before, tx) => {
      const cron = input.cron ?? before.cron;
      const timeZone = input.timeZone ?? before.timeZone;
      const isMoved = cron !== before.cron || timeZone !== before.timeZone;
      const nextRunAt =
        isMoved && before.nextRunAt
          ? nextAfter({ cron, timeZone }, await databaseNow(tx))
          : before.nextRunAt;
      const event = input.event ? eventText(input.event) : before.event;
      return { ...before, name: input.name ?? before.name, cron, timeZone, event, nextRunAt };
    }),
  );
}

/** Pauses a schedule: it does not run by itself. Throws NOT_FOUND, or NOT_ALLOWED_NOW when it is paused already. */
export const pauseEventSchedule = (services: ScheduleServices, projectId: string, id: string) =>
  change(services, { projectId, id }, "pauseEventSchedule", async (before) => {
    if (before.nextRunAt === null)
      throw userError("NOT_ALLOWED_NOW", `schedule ${id} is PAUSED already`, ["id"]);
    return { ...before, nextRunAt: null };
  });

/** Resumes a schedule from now on. Throws NOT_FOUND, or NOT_ALLOWED_NOW when it is not paused. */
export const resumeEventSchedule = (services: ScheduleServices, projectId: string, id: string) =>
  change(services, { projectId, id }, "resumeEventSchedule", async (before, tx) => {
    if (before.nextRunAt !== null)
      throw userError("NOT_ALLOWED_NOW", `schedule ${id} is ACTIVE already`, ["id"]);
    return { ...before, nextRunAt: nextAfter(before, await databaseNow(tx)) };
  });

/** Deletes a schedule and returns it as it was. What it emitted stays. Throws NOT_FOUND. */
export async function deleteEventSchedule(
  { sql }: Pick<ScheduleServices, "sql">,
  projectId: string,
  id: string,
): Promise<EventScheduleRow> {
  if (!isId(id)) throw notFound(id);
  return sql.begin(async (tx) => {
    const [row] = await removeEventSchedule(tx, projectId, id);
    if (!row) throw notFound(id);
    await auditSchedule(tx, "deleteEventSchedule", row, null);
    return row;
  });
}
