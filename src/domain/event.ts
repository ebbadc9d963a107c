import { createHash } from "node:crypto";
import type { NewAction } from "../db/actions.ts";
import type { NewDelivery, NewEvent } from "../db/emits.ts";
import type { EventOrigin, EventRow } from "../db/events.ts";
import type { NewRun } from "../db/workflowRuns.ts";
import { plainJson } from "../util/exactJson.ts";
import { type CheckedAction, checkActions } from "./actionInput.ts";
import type { EmitFacts, ResourceFacts } from "./emitFacts.ts";
import { mistake, type UserErrorEntry, UserMistake } from "./errors.ts";
import { type CheckedEvent, checkEventInput, type EventInput } from "./eventInput.ts";
import { canonicalJson } from "./eventSchemaJson.ts";
import type { FilterEvent } from "./hookFilter.ts";
import { judge } from "./hookMatch.ts";
import { newId } from "./ids.ts";
import type { ProjectConfig } from "./projectConfig.ts";
import { scheduleOf } from "./schedule.ts";

/** An event that is in order, with the deliveries and runs it calls for, ready to be written. */
export type PlannedEvent = {
  event: NewEvent;
  actions: NewAction[];
  deliveries: NewDelivery[];
  runs: NewRun[];
  /** sha256 of the body, hex; null without an idempotency key. */
  fingerprint: string | null;
  /** Why it may not be written as a new event; its key may still stand for one of before its type was changed. */
  refusal: UserMistake | null;
};

/** Up to so many hooks an event is matched in the transaction that accepts it; beyond, by a `dispatch` job. */
const MATCH_AT_ONCE = 1_000;

/**
 * What tells two bodies apart: neither the order of keys, nor whether an absent field was said to be null. Actions
 * count with their defaults.
 */
export function fingerprintOf({ idempotencyKey: _, actions, ...body }: EventInput): string {
  const given = Object.fromEntries(Object.entries(body).filter(([, field]) => field != null));
  if (actions?.length) {
    given.actions = checkActions(actions).checked.map(({ metaText, ...action }, index) => ({
      ...action,
      meta: metaText === null ? null : actions[index]?.meta,
    }));
  }
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
  const problems = registered.check(plainJson(data));
  if (problems.length > 0) {
    throw new UserMistake(
      problems.map((problem) => ({ code: "DATA_INVALID" as const, ...problem })),
    );
  }
  return registered.version;
}

/** The same with the mistake as a value, which only an event with an idempotency key survives. */
function judgeType(
  config: ProjectConfig,
  type: string,
  data: unknown,
  hasKey: boolean,
): { typeVersion: number | null; refusal: UserMistake | null } {
  try {
    return { typeVersion: checkAgainstType(config, type, data), refusal: null };
  } catch (error) {
    if (!(hasKey && error instanceof UserMistake)) throw error;
    return { typeVersion: null, refusal: error };
  }
}

/** The deliveries an event calls for: one per hook that it matches, parked when the hook is paused. */
export function planDeliveries(
  config: ProjectConfig,
  event: Omit<EventRow, "occurredAt" | "scheduledFor" | "receivedAt" | "error">,
  facts: ResourceFacts,
): NewDelivery[] {
  const view = filterView(event, config.source);
  const resource = facts.resourceOf(event);
  const deliveries: NewDelivery[] = [];
  for (const hook of config.hooksFor(event.type)) {
    const { reason } = judge(hook, view, resource !== null);
    if (reason !== "MATCHED" && reason !== "PAUSED") continue;
    deliveries.push({
      projectId: event.projectId,
      id: newId(),
      eventId: event.id,
      hookId: hook.id,
      format: hook.format,
      status: reason === "MATCHED" ? "PENDING" : "PARKED",
      maxAttempts: hook.maxAttempts,
      ...(hook.format === "RESOURCE" && resource !== null && { resource }),
    });
  }
  return deliveries;
}

/** The runs an event calls for: one per released workflow of its type that is installed for its user. */
export function planRuns(
  config: ProjectConfig,
  { id, projectId, type, userId }: Pick<EventRow, "id" | "projectId" | "type" | "userId">,
  facts: EmitFacts,
): NewRun[] {
  if (userId === null) return [];
  return config
    .workflowsFor(type)
    .filter((workflow) => facts.isInstalled(workflow.id, userId))
    .map((workflow) => ({
      projectId,
      id: newId(),
      workflowId: workflow.id,
      version: workflow.version,
      eventId: id,
      userId,
    }));
}

/**
 * Checks one emitted event against the project's configuration and plans what follows from it. An event with no
 * hook and no workflow to go to is PROCESSED at once; one that may match very many hooks is STAGED for a `dispatch` job; one whose
 * time lies ahead of `now`, the database's clock, is SCHEDULED and matched then. Throws UserMistake: INVALID,
 * UNKNOWN_TYPE or DATA_INVALID; the latter two are kept as `refusal` of an event with an idempotency key.
 */
export function planEvent(
  config: ProjectConfig,
  input: EventInput,
  origin: EventOrigin,
  now: Date,
  facts: EmitFacts,
  targets?: UserErrorEntry[],
): PlannedEvent {
  const checked = checkEventInput(input);
  const scheduledFor = scheduleOf(input, now);
  const fingerprint = checked.idempotencyKey ? fingerprintOf(input) : null;
  const data = input.data ?? null;
  const { typeVersion, refusal } = judgeType(config, checked.type, data, fingerprint !== null);
  const event = newEvent(config.projectId, checked, typeVersion, origin, scheduledFor);
  const answer = {
    fingerprint,
    refusal: targets ? new UserMistake([...(refusal?.entries ?? []), ...targets]) : refusal,
    actions: newActions(event, checked.actions),
  };
  if (scheduledFor !== null && scheduledFor > now)
    return { ...answer, event: { ...event, status: "SCHEDULED" }, deliveries: [], runs: [] };
  if (config.hooksFor(event.type).length > MATCH_AT_ONCE)
    return { ...answer, event, deliveries: [], runs: [] };
  const matched = { ...event, configVersion: config.version };
  const deliveries = planDeliveries(config, matched, facts);
  const runs = planRuns(config, matched, facts);
  const status = deliveries.length + runs.length > 0 ? "DISPATCHED" : "PROCESSED";
  return { ...answer, event: { ...matched, status }, deliveries, runs };
}

const newActions = ({ projectId, id, scheduledFor }: NewEvent, checked: CheckedAction[]) =>
  checked.map(
    ({ metaText, ...action }, position): NewAction => ({
      ...action,
      projectId,
      id: newId(),
      eventId: id,
      position,
      meta: metaText,
      dueAt: scheduledFor,
    }),
  );

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
