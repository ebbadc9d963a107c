import type { EventScheduleRow } from "../../db/schedule/eventSchedules.ts";
import {
  deleteEventSchedule,
  pauseEventSchedule,
  resumeEventSchedule,
  scheduleEvents,
  updateEventSchedule,
} from "../../domain/schedule/schedule.ts";
import { runEventSchedule } from "../../domain/schedule/scheduleRun.ts";
import { builder } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { EmitEventInput, toScheduledEvent } from "../event/emit.ts";
import { EventSchedule } from "./schedule.ts";

const cronNote =
  "five fields, minute hour day-of-month month day-of-week, such as `0 9 * * MON-FRI`, or @hourly, @daily, @weekly, @monthly, @yearly; at most 200 characters";
const eventNote =
  "It is checked as emitEvent checks it, now and at each run. Not with `idempotencyKey`, `uid`, `timestamp`, `delay`, `occurredAt` or `waitMs`.";

const ScheduleEventsInput = builder.inputType("ScheduleEventsInput", {
  description: "The schedule to save.",
  fields: (t) => ({
    name: t.string({
      required: true,
      description: "A name, unique among the project's schedules; 1 to 200 characters.",
    }),
    cron: t.string({
      required: true,
      description: `When to emit the event: ${cronNote}. A cron that never matches is INVALID.`,
    }),
    timeZone: t.string({
      defaultValue: "UTC",
      description:
        "The IANA time zone of the cron, such as Europe/Berlin. A time that does not exist, because the clocks go forward, runs at the first moment after the gap; one that exists twice runs the first time. With the hour `*`, every hour that passes has its runs.",
    }),
    event: t.field({
      type: EmitEventInput,
      required: true,
      description: `The event that each run emits. ${eventNote}`,
    }),
  }),
});

const UpdateEventScheduleInput = builder.inputType("UpdateEventScheduleInput", {
  description: "The changes. Absent fields keep their value, and so do those that are null.",
  fields: (t) => ({
    name: t.string({ description: "As in ScheduleEventsInput." }),
    cron: t.string({
      description: "As in ScheduleEventsInput. The next run is reckoned from now.",
    }),
    timeZone: t.string({
      description: "As in ScheduleEventsInput. The next run is reckoned from now.",
    }),
    event: t.field({ type: EmitEventInput, description: `Replaces the event. ${eventNote}` }),
  }),
});

const EventSchedulePayload = payloadType<{ eventSchedule: EventScheduleRow }>(
  "EventSchedulePayload",
  "The result of mutations that change or run a schedule.",
  (t) => ({
    eventSchedule: t.field({
      type: EventSchedule,
      nullable: true,
      description: "The schedule as it is now, or as it was before its deletion.",
      resolve: ({ eventSchedule }) => eventSchedule,
    }),
  }),
);

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: "The schedule's id." });
  const change = (
    description: string,
    run: (context: Context, id: string) => Promise<EventScheduleRow>,
  ) =>
    t.field({
      type: EventSchedulePayload,
      description,
      args: { id },
      resolve: (_root, args, context) =>
        withUserErrors(async () => ({ eventSchedule: await run(context, args.id) })),
    });
  return {
    scheduleEvents: t.field({
      type: EventSchedulePayload,
      description:
        "Saves a schedule, which is ACTIVE at once. A project has at most 1,000. Errors: INVALID, NAME_TAKEN, LIMIT_REACHED, and for its event UNKNOWN_TYPE, DATA_INVALID, TARGET_REFUSED.",
      args: {
        input: t.arg({
          type: ScheduleEventsInput,
          required: true,
          description: "The schedule.",
        }),
      },
      resolve: (_root, { input }, { caller, hub }) =>
        withUserErrors(async () => ({
          eventSchedule: await scheduleEvents(hub.schedules, caller.projectId, {
            ...input,
            event: toScheduledEvent(input.event),
          }),
        })),
    }),
    updateEventSchedule: t.field({
      type: EventSchedulePayload,
      description: "Changes a schedule. Errors: as scheduleEvents, NOT_FOUND.",
      args: {
        id,
        input: t.arg({
          type: UpdateEventScheduleInput,
          required: true,
          description: "The changes.",
        }),
      },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(async () => ({
          eventSchedule: await updateEventSchedule(hub.schedules, caller.projectId, args.id, {
            ...args.input,
            event: args.input.event && toScheduledEvent(args.input.event),
          }),
        })),
    }),
    pauseEventSchedule: change(
      "Pauses a schedule: it does not run by itself. Errors: NOT_FOUND, NOT_ALLOWED_NOW if it is PAUSED.",
      ({ caller, hub }, id) => pauseEventSchedule(hub.schedules, caller.projectId, id),
    ),
    resumeEventSchedule: change(
      "Resumes a schedule: it runs from its next time after now. What it would have run while it was PAUSED is not made up for. Errors: NOT_FOUND, NOT_ALLOWED_NOW if it is ACTIVE.",
      ({ caller, hub }, id) => resumeEventSchedule(hub.schedules, caller.projectId, id),
    ),
    runEventSchedule: change(
      "Emits a schedule's event once, now, also while it is PAUSED; `lastEvent` is that event. Its next run stays. Errors: NOT_FOUND, and for its event as emitEvent.",
      ({ caller, hub, trace }, id) =>
        runEventSchedule(
          { sql: hub.db.sql, emitInTransaction: hub.emitInTransaction },
          { projectId: caller.projectId, trace },
          id,
        ),
    ),
    deleteEventSchedule: change(
      "Deletes a schedule. The events that it emitted stay. Errors: NOT_FOUND.",
      ({ caller, hub }, id) => deleteEventSchedule(hub.schedules, caller.projectId, id),
    ),
  };
});
