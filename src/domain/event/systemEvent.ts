/**
 * System events report the hub's own activity: as goflow's event types, and the health of hooks (delivery/healthEvent.ts). A
 * project turns them on (`Project.systemEvents`). Events of origin SYSTEM produce none, because otherwise each would lead to another without
 * end.
 */

import type { EventRow } from "../../db/event/events.ts";
import type { NewDelivery, NewEvent } from "../../db/event/newEvent.ts";
import { newId } from "../../util/ids.ts";
import { noResources } from "../emit/matchContext.ts";
import { tryCheckType } from "../eventType/typeCheck.ts";
import { gated, tryMatchHooks } from "../hook/hookMatching.ts";
import { createStepBudget } from "../program/stepBudget.ts";
import type { TenantPrograms } from "../program/tenantPrograms.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import { resthookCalled, type SystemEventInput, systemTypes } from "./systemEventData.ts";

/**
 * The version of the type that the data fits; null when the type is not registered or the data does not fit. This runs
 * inside the transaction, so a schema that is not cheap to check counts as not fitting.
 */
const fittingVersion = (
  config: ProjectConfig,
  { schemas }: InPlace,
  { type, data }: SystemEventInput,
) => tryCheckType(config, schemas, type, JSON.parse(data))?.typeVersion ?? null;

/** Loads the schemas that `planSystemEvent` checks within a transaction. */
export async function warmSystemTypes(config: ProjectConfig, { schemas }: InPlace): Promise<void> {
  if (!config.systemEvents) return;
  for (const type of systemTypes) {
    const registered = config.types.get(type);
    if (registered?.hasSchema) await schemas.warm({ projectId: config.projectId, ...registered });
  }
}

/** A system event with its deliveries, ready to be written. */
export type PlannedSystemEvent = { event: NewEvent; deliveries: NewDelivery[] };

/** Programs that may run within a transaction: they answer at once or not at all. */
export type InPlace = Pick<TenantPrograms, "filters" | "schemas">;
/** The most work for matching one event within a transaction (1 ms). */
export const IN_PLACE_STEPS = 20_000;

/**
 * Plans a system event caused by an event. It is matched at once; STAGED when it has many hooks, or their filters may
 * not be cheap, or they have an order.
 */
export function planSystemEvent(
  config: ProjectConfig,
  programs: InPlace,
  causeId: string,
  input: SystemEventInput,
): PlannedSystemEvent {
  const event: NewEvent = {
    projectId: config.projectId,
    id: newId(),
    type: input.type,
    typeVersion: fittingVersion(config, programs, input),
    data: input.data,
    name: input.type,
    avatar: null,
    category: null,
    contentType: "TEXT",
    content: null,
    userId: null,
    subjectType: input.subject?.type ?? null,
    subjectId: input.subject?.id ?? null,
    contextId: null,
    stepUuid: null,
    idempotencyKey: null,
    uid: null,
    channels: null,
    tags: null,
    changed: null,
    origin: "SYSTEM",
    causeId,
    onlyHookId: null,
    broadcast: null,
    targetHookId: null,
    trace: null,
    occurredAt: null,
    scheduledFor: null,
    status: "STAGED",
    configVersion: null,
  };
  const budget = createStepBudget(IN_PLACE_STEPS);
  const deliveries = tryMatchHooks(config, event, noResources, programs.filters, budget);
  // In order, it waits for its turn outside of the transaction.
  if (!deliveries || deliveries.some(({ orderKey }) => orderKey !== undefined))
    return { event: gated(config, event), deliveries: [] };
  const status = deliveries.length > 0 ? "DISPATCHED" : "PROCESSED";
  return { event: { ...event, status, configVersion: config.version }, deliveries };
}

/**
 * The system events of a matched event. There are none before matching, and none for an event whose data did not fit
 * its type.
 */
export function planMatchedSystemEvents(
  config: ProjectConfig,
  programs: InPlace,
  event: Pick<EventRow, "id" | "type" | "data" | "origin" | "status">,
): PlannedSystemEvent[] {
  const isMatched = event.status === "DISPATCHED" || event.status === "PROCESSED";
  if (!config.systemEvents || event.origin === "SYSTEM" || !isMatched) return [];
  return [planSystemEvent(config, programs, event.id, resthookCalled(event))];
}
