import { createHash } from "node:crypto";
import type { NewAction } from "../../db/action/actions.ts";
import type { EventOrigin, EventRow } from "../../db/event/events.ts";
import type { NewDelivery, NewEvent } from "../../db/event/newEvent.ts";
import type { NewRun } from "../../db/workflow/workflowRuns.ts";
import { canonicalJson } from "../../jsonSchema/canonicalJson.ts";
import { newId } from "../../util/ids.ts";
import type { UserError } from "../../util/userError.ts";
import type { CheckedAction } from "../action/actionInput.ts";
import type { MatchContext } from "../emit/matchContext.ts";
import type { TypeVerdict } from "../eventType/typeCheck.ts";
import type { FilterRunner } from "../filter/filterRunner.ts";
import { deliveryToOne, gated, tryMatchHooks } from "../hook/hookMatching.ts";
import type { StepBudget } from "../program/stepBudget.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import type { CheckedEvent, EventInput } from "./eventInput.ts";
import { scheduleOf } from "./schedule.ts";

/** A valid event with its deliveries and runs, ready to be written. */
export type PlannedEvent = {
  event: NewEvent;
  actions: NewAction[];
  deliveries: NewDelivery[];
  runs: NewRun[];
  /** sha256 of the body, hex; null without an idempotency key. */
  fingerprint: string | null;
  /**
   * Why it may not be written as a new event. Its key may still resolve to an event accepted before the type changed.
   */
  rejection: UserError | null;
};

/**
 * Distinguishes bodies, regardless of the order of keys and of whether a missing field is absent or null, and the hook
 * that they are for. Actions are compared with their defaults filled in. A repeated request may be of another
 * trace.
 */
export function fingerprintOf(
  { idempotencyKey: _key, trace: _trace, actions, broadcast, ...body }: EventInput,
  checked: readonly CheckedAction[] = [],
  onlyHookId: string | null = null,
): string {
  const fields = Object.entries({ ...body, broadcast: broadcast || null, onlyHookId });
  const given = Object.fromEntries(fields.filter(([, field]) => field != null));
  if (actions?.length) {
    given.actions = checked.map(({ metaText, ...action }, index) => ({
      ...action,
      meta: metaText === null ? null : actions[index]?.meta,
    }));
  }
  return createHash("sha256").update(canonicalJson(given)).digest("hex");
}

/** One event of a call, checked as far as its own fields and its type go. Hooks are matched later. */
export type PreparedEvent = {
  input: EventInput;
  checked: CheckedEvent;
  typeVersion: number | null;
  fingerprint: string | null;
  /** An error of the data or its type. It is ignored for an event with a known idempotency key. */
  rejection: UserError | null;
  /** The only hook that it is for, whatever that takes. */
  onlyHookId: string | null;
  /** The attributes that it changes, of a resource; absent if it changes none. */
  changed?: string[];
};

/**
 * Combines the checked fields of an event with the verdict of its type. Throws UserError unless an idempotency key may
 * resolve the event to an existing one.
 */
export function prepareEvent(
  input: EventInput,
  checked: CheckedEvent,
  { typeVersion, rejection }: TypeVerdict,
  onlyHookId: string | null = null,
): PreparedEvent {
  const fingerprint = checked.idempotencyKey
    ? fingerprintOf(input, checked.actions, onlyHookId)
    : null;
  if (rejection && fingerprint === null) throw rejection;
  return { input, checked, typeVersion, fingerprint, rejection, onlyHookId };
}

/** The runs of an event: one per released workflow of its type that is installed for its user; none of one for a hook alone. */
export function planRuns(
  config: ProjectConfig,
  {
    id,
    projectId,
    type,
    userId,
    targetHookId,
  }: Pick<EventRow, "id" | "projectId" | "type" | "userId" | "targetHookId">,
  context: MatchContext,
): NewRun[] {
  if (userId === null || targetHookId !== null) return [];
  return config
    .workflowsFor(type)
    .filter((workflow) => context.isInstalled(workflow.id, userId))
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
 * Plans an event under the project's configuration. An event without hooks and workflows is PROCESSED at once. It is
 * STAGED, to be matched after the commit, when it has very many hooks or filters that may not be cheap, and SCHEDULED,
 * to be matched later, when its time is after `now`, the database's clock.
 */
export function planEvent(
  { config, filters, budget }: { config: ProjectConfig; filters: FilterRunner; budget: StepBudget },
  prepared: PreparedEvent,
  origin: EventOrigin,
  now: Date,
  context: MatchContext,
): PlannedEvent {
  const { input, checked, fingerprint, rejection, onlyHookId } = prepared;
  const scheduledFor = scheduleOf(input, now);
  const event = newEvent(config.projectId, prepared, origin, scheduledFor);
  const base = { fingerprint, rejection, actions: newActions(event, checked.actions) };
  if (scheduledFor !== null && scheduledFor > now)
    return { ...base, event: { ...event, status: "SCHEDULED" }, deliveries: [], runs: [] };
  const deliveries = onlyHookId
    ? [deliveryToOne(config, event, onlyHookId, context.resourceOf(event))]
    : tryMatchHooks(config, event, context, filters, budget);
  if (!deliveries) return { ...base, event: gated(config, event), deliveries: [], runs: [] };
  const runs = onlyHookId ? [] : planRuns(config, event, context);
  const status = deliveries.length + runs.length > 0 ? "DISPATCHED" : "PROCESSED";
  return {
    ...base,
    event: { ...event, configVersion: config.version, status },
    deliveries,
    runs,
  };
}

/** A planned event with deliveries in order that is matched after it is accepted instead: an earlier one is, too. */
export function inTurn<Planned extends Pick<PlannedEvent, "event" | "deliveries">>(
  config: ProjectConfig,
  planned: Planned,
): Planned & { runs: NewRun[] } {
  const event = gated(config, { ...planned.event, status: "STAGED", configVersion: null });
  return { ...planned, event, deliveries: [], runs: [] };
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
  { checked, typeVersion, onlyHookId, changed }: PreparedEvent,
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
  uid: checked.uid ?? null,
  channels: checked.channels ?? null,
  tags: checked.tags ?? null,
  changed: changed ?? null,
  origin,
  causeId: null,
  onlyHookId,
  broadcast: checked.broadcast || null,
  targetHookId: checked.hookId ?? null,
  trace: checked.trace,
  occurredAt: checked.occurredAt ?? null,
  scheduledFor,
  status: "STAGED",
  configVersion: null,
});
