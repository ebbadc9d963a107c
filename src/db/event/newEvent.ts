import type { HookFormat } from "../hook/hooks.ts";
import type { HookQueue } from "../queue/jobs.ts";
import type { NewRun } from "../workflow/workflowRuns.ts";
import type { EventRow } from "./events.ts";

/** An event about to be written; its times are the database's unless the caller gave `occurredAt`. */
export type NewEvent = Omit<EventRow, "occurredAt" | "receivedAt" | "error"> & {
  occurredAt: Date | null;
};

export type NewDelivery = {
  projectId: string;
  id: string;
  eventId: string;
  hookId: string;
  format: HookFormat;
  status: "PENDING" | "PARKED";
  maxAttempts: number;
  /** What one of format RESOURCE sends: the resource as it is now, as JSON text. */
  resource?: string;
};

/** What events that are being matched call for. */
export type Consequences = { deliveries: NewDelivery[]; runs: NewRun[] };

/** The queues that have something to send. */
export function hookQueuesOf(deliveries: NewDelivery[]): HookQueue[] {
  const queues = new Map<string, HookQueue>();
  for (const { status, projectId, hookId } of deliveries) {
    if (status === "PENDING") queues.set(hookId, { projectId, hookId });
  }
  return [...queues.values()];
}

/** A stored event, as it was written. */
export const storedEvent = (event: NewEvent, receivedAt: Date): EventRow => ({
  ...event,
  occurredAt: event.occurredAt ?? receivedAt,
  receivedAt,
  error: null,
});
