import { createHash } from "node:crypto";
import type { NewDelivery, NewEvent } from "../db/emits.ts";
import type { EventOrigin, EventRow } from "../db/events.ts";
import { mistake, UserMistake } from "./errors.ts";
import { type CheckedEvent, checkEventInput, type EventInput } from "./eventInput.ts";
import { canonicalJson } from "./eventSchemaJson.ts";
import type { FilterEvent } from "./hookFilter.ts";
import { judge } from "./hookMatch.ts";
import { newId } from "./ids.ts";
import type { ProjectConfig } from "./projectConfig.ts";
import { scheduleOf } from "./schedule.ts";

/** An event that is in order, with the deliveries it calls for, ready to be written. */
export type PlannedEvent = {
  event: NewEvent;
  deliveries: NewDelivery[];
  /** sha256 of the body, hex; null without an idempotency key. */
  fingerprint: string | null;
};

/** Up to so many hooks an event is matched in the transaction that accepts it; beyond, by a `dispatch` job. */
const MATCH_AT_ONCE = 1_000;

/** What tells two bodies apart: neither the order of keys, nor whether an absent field was said to be null. */
function fingerprintOf({ idempotencyKey: _, ...body }: EventInput): string {
  const given = Object.fromEntries(Object.entries(body).filter(([, field]) => field != null));
  return createHash("sha256").update(canonicalJson(given)).digest("hex");
}

/** What filters see of a stored or planned event; `data` is parsed once, and only when a filter asks. */
export function filterView(
  event: Omit<EventRow, "occurredAt" | "scheduledFor" | "receivedAt" | "error">,
  source: string,
): FilterEvent {
  let data: unknown;
  return {
    id: event.id,
    type: event.type,
    get data() {
      data ??= JSON.parse(event.data ?? "null");
      return data;
    },
    source,
    name: event.name,
    category: event.category,
    userId: event.userId,
    subject:
      event.subjectType !== null && event.subjectId !== null
        ? { type: event.subjectType, id: event.subjectId }
        : null,
    contextId: event.contextId,
    origin: event.origin,
  };
}

/** The type's version the event is of; null for a type that is not registered and need not be. */
export function checkAgainstType(
  config: ProjectConfig,
  type: string,
  data: unknown,
): number | null {
  const registered = config.types.get(type);
  if (!registered) {
    if (config.requireRegisteredTypes)
      throw mistake("UNKNOWN_TYPE", `unknown type: '${type}'`, ["type"]);
    return null;
  }
  const problems = registered.check(data);
  if (problems.length > 0) {
    throw new UserMistake(
      problems.map((problem) => ({ code: "DATA_INVALID" as const, ...problem })),
    );
  }
  return registered.version;
}

/** The deliveries an event calls for: one per hook that it matches, parked when the hook is paused or disabled. */
export function planDeliveries(
  config: ProjectConfig,
  event: Omit<EventRow, "occurredAt" | "scheduledFor" | "receivedAt" | "error">,
): NewDelivery[] {
  const view = filterView(event, config.source);
  const deliveries: NewDelivery[] = [];
  for (const hook of config.hooksFor(event.type)) {
    const { reason } = judge(hook, view);
    if (reason !== "MATCHED" && reason !== "PAUSED" && reason !== "DISABLED") continue;
    deliveries.push({
      projectId: event.projectId,
      id: newId(),
      eventId: event.id,
      hookId: hook.id,
      format: hook.format,
      status: reason === "MATCHED" ? "PENDING" : "PARKED",
      maxAttempts: hook.maxAttempts,
    });
  }
  return deliveries;
}

/**
 * Checks one emitted event against the project's configuration and plans what follows from it. An event with no
 * hook to go to is PROCESSED at once; one that may match very many hooks is STAGED for a `dispatch` job; one whose
 * time lies ahead of `now`, the database's clock, is SCHEDULED and matched then. Throws UserMistake: INVALID,
 * UNKNOWN_TYPE or DATA_INVALID.
 */
export function planEvent(
  config: ProjectConfig,
  input: EventInput,
  origin: EventOrigin,
  now: Date,
): PlannedEvent {
  const checked = checkEventInput(input);
  const scheduledFor = scheduleOf(input, now);
  const typeVersion = checkAgainstType(config, checked.type, input.data ?? null);
  const event = newEvent(config.projectId, checked, typeVersion, origin, scheduledFor);
  const fingerprint = checked.idempotencyKey ? fingerprintOf(input) : null;
  if (scheduledFor !== null && scheduledFor > now)
    return { event: { ...event, status: "SCHEDULED" }, deliveries: [], fingerprint };
  if (config.hooksFor(event.type).length > MATCH_AT_ONCE)
    return { event, deliveries: [], fingerprint };
  const matched = { ...event, configVersion: config.version };
  const deliveries = planDeliveries(config, matched);
  const status = deliveries.length > 0 ? "DISPATCHED" : "PROCESSED";
  return { event: { ...matched, status }, deliveries, fingerprint };
}

const newEvent = (
  projectId: string,
  checked: CheckedEvent,
  typeVersion: number | null,
  origin: EventOrigin,
  scheduledFor: Date | null,
): NewEvent => ({
  projectId,
  id: newId(),
  type: checked.type,
  typeVersion,
  data: checked.dataText,
  name: checked.name,
  avatar: checked.avatar ?? null,
  category: checked.category ?? null,
  contentType: checked.contentType,
  content: checked.contentText,
  userId: checked.userId ?? null,
  subjectType: checked.subject?.type ?? null,
  subjectId: checked.subject?.id ?? null,
  contextId: checked.contextId ?? null,
  stepUuid: checked.stepUuid ?? null,
  idempotencyKey: checked.idempotencyKey ?? null,
  origin,
  causeId: null,
  occurredAt: checked.occurredAt ?? null,
  scheduledFor,
  status: "STAGED",
  configVersion: null,
});
