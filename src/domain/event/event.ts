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
import { tryMatchHooks } from "../hook/hookMatching.ts";
import type { StepBudget } from "../program/stepBudget.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import type { CheckedEvent, EventInput } from "./eventInput.ts";
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
  refusal: UserError | null;
};

/**
 * What tells two bodies apart: neither the order of keys, nor whether an absent field was said to be null. Actions
 * count as they were checked, with their defaults.
 */
export function fingerprintOf(
  { idempotencyKey: _, actions, ...body }: EventInput,
  checked: readonly CheckedAction[] = [],
): string {
  const given = Object.fromEntries(Object.entries(body).filter(([, field]) => field != null));
  if (actions?.length) {
    given.actions = checked.map(({ metaText, ...action }, index) => ({
      ...action,
      meta: metaText === null ? null : actions[index]?.meta,
    }));
  }
  return createHash("sha256").update(canonicalJson(given)).digest("hex");
}

/** One event of a call, checked as far as its own text and its type go; what hooks make of it comes later. */
export type PreparedEvent = {
  input: EventInput;
  checked: CheckedEvent;
  typeVersion: number | null;
  fingerprint: string | null;
  /** What is wrong with the data or its type: an event with a known idempotency key is excused. */
  refusal: UserError | null;
};

/** Joins what was checked of an event with what its type says. Throws UserError unless an idempotency key may excuse it. */
export function prepareEvent(
  input: EventInput,
  checked: CheckedEvent,
  { typeVersion, refusal }: TypeVerdict,
): PreparedEvent {
  const fingerprint = checked.idempotencyKey ? fingerprintOf(input, checked.actions) : null;
  if (refusal && fingerprint === null) throw refusal;
  return { input, checked, typeVersion, fingerprint, refusal };
}

/** The runs an event calls for: one per released workflow of its type that is installed for its user. */
export function planRuns(
  config: ProjectConfig,
  { id, projectId, type, userId }: Pick<EventRow, "id" | "projectId" | "type" | "userId">,
  facts: MatchContext,
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
 * Plans what follows from an event under the project's configuration. One with no hook and no workflow to go to is
 * PROCESSED at once; one whose hooks are very many, or whose filters are not known to be cheap, is STAGED for a
 * `dispatch` job; one whose time lies ahead of `now`, the database's clock, is SCHEDULED and matched then.
 */
export function planEvent(
  { config, filters, budget }: { config: ProjectConfig; filters: FilterRunner; budget: StepBudget },
  { input, checked, typeVersion, fingerprint, refusal }: PreparedEvent,
  origin: EventOrigin,
  now: Date,
  facts: MatchContext,
): PlannedEvent {
  const scheduledFor = scheduleOf(input, now);
  const event = newEvent(config.projectId, checked, typeVersion, origin, scheduledFor);
  const answer = { fingerprint, refusal, actions: newActions(event, checked.actions) };
  if (scheduledFor !== null && scheduledFor > now)
    return { ...answer, event: { ...event, status: "SCHEDULED" }, deliveries: [], runs: [] };
  const deliveries = tryMatchHooks(config, event, facts, filters, budget);
  if (!deliveries) return { ...answer, event, deliveries: [], runs: [] };
  const runs = planRuns(config, event, facts);
  const status = deliveries.length + runs.length > 0 ? "DISPATCHED" : "PROCESSED";
  return {
    ...answer,
    event: { ...event, configVersion: config.version, status },
    deliveries,
    runs,
  };
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
