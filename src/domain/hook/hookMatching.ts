import type { EventRow } from "../../db/event/events.ts";
import type { NewDelivery, NewEvent } from "../../db/event/newEvent.ts";
import { newId } from "../../util/ids.ts";
import { createTimeSlice } from "../../util/timeSlice.ts";
import { userError } from "../../util/userError.ts";
import { candidates, countCandidates } from "../emit/candidates.ts";
import type { ResourceFacts } from "../emit/matchContext.ts";
import { type FilterEvent, type FilterInput, filterInput } from "../filter/filterEvent.ts";
import type { FilterRunner } from "../filter/filterRunner.ts";
import type { Patience } from "../program/programs.ts";
import type { StepBudget } from "../program/stepBudget.ts";
import type { ConfiguredHook, ProjectConfig } from "../project/projectConfig.ts";
import { hasFilterFor, MATCH_AT_ONCE, type MatchVerdict, matchHook } from "./hookMatch.ts";

/** The part of an event that hooks are matched with. */
type MatchedEvent = Omit<
  EventRow,
  | "occurredAt"
  | "scheduledFor"
  | "receivedAt"
  | "error"
  | "status"
  | "configVersion"
  | "expungedAt"
  | "expungedBy"
>;

/** The steps of matching a hook without its filter, and of writing a delivery. */
const MATCH_STEPS = 10;
const DELIVERY_STEPS = 200;
/** An event with more deliveries is accepted without them, so that they do not delay its response. */
export const DELIVERIES_IN_PLACE = 100;

/** What filters see of a stored or planned event. */
export function filterView(event: MatchedEvent, source: string): FilterEvent {
  const { id, type, data, name, category, userId, contextId, channels, tags, origin } = event;
  const { changed, subjectType, subjectId, broadcast, targetHookId } = event;
  const subject =
    subjectType !== null && subjectId !== null ? { type: subjectType, id: subjectId } : null;
  return {
    id,
    type,
    data,
    source,
    name,
    category,
    userId,
    subject,
    contextId,
    channels,
    changed,
    tags,
    origin,
    ...(broadcast && { broadcast }),
    ...(targetHookId !== null && { targetHookId }),
  };
}

const hasDelivery = (reason: MatchVerdict["reason"]) =>
  reason === "MATCHED" || reason === "PAUSED" || reason === "DISABLED";

function deliveryOf(
  hook: ConfiguredHook,
  { projectId, id }: MatchedEvent,
  { reason }: MatchVerdict,
  resource: string | null,
  orderKey: string | null,
): NewDelivery | null {
  if (!hasDelivery(reason)) return null;
  return {
    projectId,
    id: newId(),
    eventId: id,
    hookId: hook.id,
    format: hook.bodyFormat,
    status: reason === "MATCHED" ? "PENDING" : "PARKED",
    maxAttempts: hook.maxAttempts,
    ...(hook.format === "RESOURCE" && resource !== null && { resource }),
    ...(orderKey !== null && { orderKey }),
  };
}

/**
 * The delivery of an event that is for one hook alone, whatever that takes, and without order. Throws NOT_FOUND when there is no such hook,
 * and NOT_ALLOWED_NOW when it receives nothing: its target has not consented, or it sends resources and there is none.
 */
export function deliveryToOne(
  config: ProjectConfig,
  event: MatchedEvent,
  hookId: string,
  resource: string | null,
): NewDelivery {
  const hook = config.hook(hookId);
  if (!hook) throw userError("NOT_FOUND", `no hook ${hookId}`);
  if (hook.status === "PENDING_VERIFICATION")
    throw userError("NOT_ALLOWED_NOW", `hook ${hookId} waits for its target's consent`);
  if (hook.format === "RESOURCE" && resource === null)
    throw userError(
      "NOT_ALLOWED_NOW",
      `hook ${hookId} sends resources, and the event is about none`,
    );
  const reason = hook.status === "ACTIVE" ? "MATCHED" : "PAUSED";
  const delivery = deliveryOf(hook, event, { reason, detail: null }, resource, null);
  if (!delivery) throw new Error(`hook ${hookId} has no delivery`);
  return delivery;
}

/** Whether the event has a delivery to a hook with order. */
const isOrdered = (
  hook: ConfiguredHook,
  { reason }: MatchVerdict,
): hook is ConfiguredHook & { orderBy: string } => hook.orderBy !== null && hasDelivery(reason);

const noOrder = { key: null };

/** The most hooks that an order gate names. */
const MAX_GATED = 100;

/**
 * An event that is matched after it is accepted: later events' deliveries to its hooks with order wait for that.
 */
export function gated(config: ProjectConfig, event: NewEvent): NewEvent {
  if (!config.hasOrder) return event;
  if (countCandidates(config, event) > MATCH_AT_ONCE) return { ...event, gate: { hookIds: null } };
  const hookIds = candidates(config, event).flatMap(({ id, orderBy }) =>
    orderBy === null ? [] : id,
  );
  if (hookIds.length === 0) return event;
  return { ...event, gate: { hookIds: hookIds.length > MAX_GATED ? null : hookIds } };
}

/**
 * The deliveries of an event: one per matching hook, parked when the hook is paused or disabled. Undefined when the budget does not
 * suffice; `matchHooks` then finds them.
 */
export function tryMatchHooks(
  config: ProjectConfig,
  event: MatchedEvent,
  { resourceOf }: ResourceFacts,
  filters: FilterRunner,
  budget: StepBudget,
): NewDelivery[] | undefined {
  if (countCandidates(config, event) > MATCH_AT_ONCE) return undefined;
  const hooks = candidates(config, event);
  if (!budget.spend(hooks.length * MATCH_STEPS)) return undefined;
  const input = filterInput(filterView(event, config.source));
  const resource = resourceOf(event);
  const deliveries: NewDelivery[] = [];
  for (const hook of hooks) {
    const filtered = hasFilterFor(hook, input.event)
      ? filters.tryEvaluate(config.projectId, hook.filter, input, budget)
      : null;
    if (filtered === undefined) return undefined;
    const verdict = matchHook(hook, input.event, resource !== null, filtered);
    const order = isOrdered(hook, verdict)
      ? filters.order.tryEvaluate(config.projectId, hook.orderBy, input, budget)
      : noOrder;
    if (order === undefined) return undefined;
    const delivery = deliveryOf(hook, event, verdict, resource, order.key);
    if (delivery) deliveries.push(delivery);
    if (deliveries.length > DELIVERIES_IN_PLACE) return undefined;
  }
  return budget.spend(deliveries.length * DELIVERY_STEPS) ? deliveries : undefined;
}

/** Like `tryMatchHooks`, however long it takes, yielding to the event loop. */
export async function matchHooks(
  config: ProjectConfig,
  event: MatchedEvent,
  { resourceOf }: ResourceFacts,
  filters: FilterRunner,
  patience: Patience,
): Promise<NewDelivery[]> {
  const input = filterInput(filterView(event, config.source));
  const resource = resourceOf(event);
  const nextSlice = createTimeSlice();
  const deliveries: NewDelivery[] = [];
  for (const hook of candidates(config, event)) {
    const hasResource = resource !== null;
    const verdict = await evaluateHook(
      config.projectId,
      hook,
      input,
      hasResource,
      filters,
      patience,
    );
    const order = isOrdered(hook, verdict)
      ? await filters.order.evaluate(config.projectId, hook.orderBy, input, patience)
      : noOrder;
    const delivery = deliveryOf(hook, event, verdict, resource, order.key);
    if (delivery) deliveries.push(delivery);
    await nextSlice();
  }
  return deliveries;
}

/** The verdict of one hook, however long its filter takes. */
export async function evaluateHook(
  projectId: string,
  hook: Pick<
    ConfiguredHook,
    "id" | "types" | "channels" | "userId" | "filter" | "format" | "status" | "changed"
  >,
  input: FilterInput,
  hasResource: boolean,
  filters: FilterRunner,
  patience?: Patience,
): Promise<MatchVerdict> {
  const filtered = hasFilterFor(hook, input.event)
    ? await filters.evaluate(projectId, hook.filter, input, patience)
    : null;
  return matchHook(hook, input.event, hasResource, filtered);
}
