import { hookQueuesOf, type NewDelivery, type NewEvent } from "../../db/event/newEvent.ts";
import type { HookQueue } from "../../db/queue/jobs.ts";

/** What is to be done next about events and deliveries of one project, once they are written. */
export type FollowUp = {
  projectId: string;
  /** Hook queues with deliveries that are due, without those that already have a slot. */
  queues: HookQueue[];
  /** Events to be matched later. Scheduled events are found when they are due. */
  staged: string[];
};

export const followUpOf = (
  projectId: string,
  events: readonly Pick<NewEvent, "id" | "status">[],
  deliveries: NewDelivery[],
): FollowUp => ({
  projectId,
  queues: hookQueuesOf(deliveries),
  staged: events.filter(({ status }) => status === "STAGED").map(({ id }) => id),
});
