/**
 * What the hub tells of its own doing, as events in goflow's terms. A project asks for them (`Project.systemEvents`);
 * none are told of events that are themselves of origin SYSTEM, or one would lead to the next for ever.
 */

import type { EventRow } from "../../db/event/events.ts";
import type { NewDelivery, NewEvent } from "../../db/event/newEvent.ts";
import { newId } from "../../util/ids.ts";
import { noResources } from "../emit/matchContext.ts";
import { tryCheckType } from "../eventType/typeCheck.ts";
import { tryMatchHooks } from "../hook/hookMatching.ts";
import { createStepBudget } from "../program/stepBudget.ts";
import type { TenantPrograms } from "../program/tenantPrograms.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import { resthookCalled, type SystemEventInput, systemTypes } from "./systemEventData.ts";

/**
 * The version of the type that the data fits; null when the project has not registered it, or otherwise. It is told in
 * the transaction of what is said, so a schema whose check is not cheap counts as one that does not fit.
 */
const fittingVersion = (
  config: ProjectConfig,
  { schemas }: InPlace,
  { type, data }: SystemEventInput,
) => tryCheckType(config, schemas, type, JSON.parse(data))?.typeVersion ?? null;

/** Loads what `planSystemEvent` needs at hand in the middle of a transaction. */
export async function warmSystemTypes(config: ProjectConfig, { schemas }: InPlace): Promise<void> {
  if (!config.systemEvents) return;
  for (const type of systemTypes) {
    const registered = config.types.get(type);
    if (registered?.hasSchema) await schemas.warm({ projectId: config.projectId, ...registered });
  }
}

/** A system event with the deliveries it calls for, ready to be written. */
export type PlannedSystemEvent = { event: NewEvent; deliveries: NewDelivery[] };

/** What may be asked in the middle of a transaction: it answers at once, or not at all. */
export type InPlace = Pick<TenantPrograms, "filters" | "schemas">;
/** What matching one event may take there (1 ms). */
export const IN_PLACE_STEPS = 20_000;

/**
 * Plans what is said because of an event. Matched at once, for no pattern but an exact name takes it; STAGED when the
 * filters of those hooks are not known to be cheap.
 */
export function planSystemEvent(
  config: ProjectConfig,
  programs: InPlace,
  causeId: string,
  said: SystemEventInput,
): PlannedSystemEvent {
  const event: NewEvent = {
    projectId: config.projectId,
    id: newId(),
    type: said.type,
    typeVersion: fittingVersion(config, programs, said),
    data: said.data,
    name: said.type,
    avatar: null,
    category: null,
    contentType: "TEXT",
    content: null,
    userId: null,
    subjectType: null,
    subjectId: null,
    contextId: null,
    stepUuid: null,
    idempotencyKey: null,
    origin: "SYSTEM",
    causeId,
    occurredAt: null,
    scheduledFor: null,
    status: "STAGED",
    configVersion: null,
  };
  const budget = createStepBudget(IN_PLACE_STEPS);
  const deliveries = tryMatchHooks(config, event, noResources, programs.filters, budget);
  if (!deliveries) return { event, deliveries: [] };
  const status = deliveries.length > 0 ? "DISPATCHED" : "PROCESSED";
  return { event: { ...event, status, configVersion: config.version }, deliveries };
}

/** What is said of an event when it is matched: nothing until then, nor of what did not fit its type. */
export function planMatchedSystemEvents(
  config: ProjectConfig,
  programs: InPlace,
  event: Pick<EventRow, "id" | "type" | "data" | "origin" | "status">,
): PlannedSystemEvent[] {
  const isMatched = event.status === "DISPATCHED" || event.status === "PROCESSED";
  if (!config.systemEvents || event.origin === "SYSTEM" || !isMatched) return [];
  return [planSystemEvent(config, programs, event.id, resthookCalled(event))];
}
