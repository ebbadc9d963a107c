import type { BodyFormat } from "../delivery/eventBodies.ts";
import type { HookQueue } from "../queue/jobs.ts";
import type { NewRun } from "../workflow/workflowRuns.ts";
import type { EventRow } from "./events.ts";

/** An event to be inserted. The database sets its times, unless the caller gave `occurredAt`. */
export type NewEvent = Omit<
  EventRow,
  "occurredAt" | "receivedAt" | "error" | "expungedAt" | "expungedBy"
> & {
  occurredAt: Date | null;
  /** The hooks with order for whose later deliveries it must be matched first; null for any. Absent if there are none. */
  gate?: { hookIds: string[] | null };
};

export type NewDelivery = {
  projectId: string;
  id: string;
  eventId: string;
  hookId: string;
  format: BodyFormat;
  status: "PENDING" | "PARKED";
  maxAttempts: number;
  /** What format RESOURCE sends: the resource in its current state, as JSON text. */
  resource?: string;
  /** What the hook's `order_by` yields for the event; absent without order. */
  orderKey?: string;
};

/** The deliveries and runs that follow from matching events. */
export type Consequences = { deliveries: NewDelivery[]; runs: NewRun[] };

/** The queues with something to send. */
export function hookQueuesOf(deliveries: NewDelivery[]): HookQueue[] {
  const queues = new Map<string, HookQueue>();
  for (const { status, projectId, hookId } of deliveries) {
    if (status === "PENDING") queues.set(hookId, { projectId, hookId });
  }
  return [...queues.values()];
}

/** An event as it was stored. */
export const storedEvent = ({ gate: _, ...event }: NewEvent, receivedAt: Date): EventRow => ({
  ...event,
  occurredAt: event.occurredAt ?? receivedAt,
  receivedAt,
  error: null,
  expungedAt: null,
  expungedBy: null,
});
