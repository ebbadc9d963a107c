/**
 * What the hub tells of its own doing, as events in goflow's terms. A project asks for them (`Project.systemEvents`);
 * none are told of events that are themselves of origin SYSTEM, or one would lead to the next for ever.
 */
import type { NewDelivery, NewEvent } from "../db/emits.ts";
import type { EventRow } from "../db/events.ts";
import { noFacts } from "./emitFacts.ts";
import { planDeliveries } from "./event.ts";
import { newId } from "./ids.ts";
import type { ProjectConfig } from "./projectConfig.ts";
import { resthookCalled, type Said } from "./systemEventData.ts";

/** The version of the type that the data fits; null when the project has not registered it, or otherwise. */
function fittingVersion(config: ProjectConfig, { type, data }: Said): number | null {
  const registered = config.types.get(type);
  return registered && registered.check(JSON.parse(data)).length === 0 ? registered.version : null;
}

/** A system event with the deliveries it calls for, ready to be written. */
export type PlannedSystemEvent = { event: NewEvent; deliveries: NewDelivery[] };

/** Plans what is said because of an event. Matched at once: no pattern but an exact name takes it. */
export function planSystemEvent(
  config: ProjectConfig,
  causeId: string,
  said: Said,
): PlannedSystemEvent {
  const event: NewEvent = {
    projectId: config.projectId,
    id: newId(),
    type: said.type,
    typeVersion: fittingVersion(config, said),
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
    status: "PROCESSED",
    configVersion: config.version,
  };
  const deliveries = planDeliveries(config, event, noFacts);
  return {
    event: { ...event, status: deliveries.length > 0 ? "DISPATCHED" : "PROCESSED" },
    deliveries,
  };
}

/** What is said of an event when it is matched: nothing until then, nor of what did not fit its type. */
export function planMatched(
  config: ProjectConfig,
  event: Pick<EventRow, "id" | "type" | "data" | "origin" | "status">,
): PlannedSystemEvent[] {
  const isMatched = event.status === "DISPATCHED" || event.status === "PROCESSED";
  if (!config.systemEvents || event.origin === "SYSTEM" || !isMatched) return [];
  return [planSystemEvent(config, event.id, resthookCalled(event))];
}
