import type { Sql } from "../connection/client.ts";
import { errorCode } from "../connection/errorCode.ts";
import type { FeedItem } from "../feed/changes.ts";
import { atNode } from "../nodes/nodes.ts";
import type { KeyClaim } from "./idempotencyKeys.ts";
import type { NewDelivery, NewEvent } from "./newEvent.ts";

/** The deliveries that the accepting process claims at once: it has free slots for them. */
export type HandOver = {
  workerId: string;
  /** The fencing token of this call's claims. */
  token: string;
  /** The lease of each claim in milliseconds, by delivery id. */
  leaseMs: ReadonlyMap<string, number>;
  /** Called with the hooks that may not be sent to now: none of their deliveries is claimed. */
  refuse(hookIds: string[]): void;
};

/** Events of one project, planned under one config version. */
export type Accepting = {
  projectId: string;
  version: number;
  events: NewEvent[];
  deliveries: NewDelivery[];
  /** The number of other events that enter the feed and are counted for the first time. */
  born?: number;
  keys?: KeyClaim[];
  handOver?: HandOver;
  /** Events accepted before that are matched now, and for which later deliveries have waited. */
  matched?: string[];
};

const eventRecord = (event: NewEvent) => ({
  id: event.id,
  type: event.type,
  typeVersion: event.typeVersion ?? undefined,
  data: event.data ?? undefined,
  name: event.name,
  avatar: event.avatar ?? undefined,
  category: event.category ?? undefined,
  contentType: event.contentType,
  content: event.content ?? undefined,
  userId: event.userId ?? undefined,
  subjectType: event.subjectType ?? undefined,
  subjectId: event.subjectId ?? undefined,
  contextId: event.contextId ?? undefined,
  stepUuid: event.stepUuid ?? undefined,
  idempotencyKey: event.idempotencyKey ?? undefined,
  uid: event.uid ?? undefined,
  channels: event.channels ?? undefined,
  tags: event.tags ?? undefined,
  origin: event.origin,
  causeId: event.causeId ?? undefined,
  onlyHookId: event.onlyHookId ?? undefined,
  broadcast: event.broadcast ?? undefined,
  targetHookId: event.targetHookId ?? undefined,
  trace: event.trace ?? undefined,
  status: event.status,
  configVersion: event.configVersion ?? undefined,
  occurredAt: event.occurredAt ?? undefined,
  scheduledFor: event.scheduledFor ?? undefined,
  changed: event.changed ?? undefined,
});

const deliveryRecord = (delivery: NewDelivery) => ({
  id: delivery.id,
  eventId: delivery.eventId,
  hookId: delivery.hookId,
  format: delivery.format,
  status: delivery.status,
  maxAttempts: delivery.maxAttempts,
});

/** What `signalbox.enter_order` gets; null if nothing has an order. */
function orderRecord({ events, deliveries, matched = [] }: Accepting) {
  const gates = events.flatMap(({ id, gate }) => (gate ? { eventId: id, ...gate } : []));
  const ordered = deliveries.flatMap((delivery, index) =>
    delivery.orderKey === undefined
      ? []
      : { ...deliveryRecord(delivery), key: delivery.orderKey, number: events.length + index },
  );
  if (gates.length + ordered.length + matched.length === 0) return null;
  return JSON.stringify({ gates, deliveries: ordered, matched });
}

type RecordedEvent = Pick<NewEvent, "id" | "status" | "type" | "contextId" | "origin"> & {
  scheduledFor: Date | null;
  wasScheduled?: boolean;
};

/**
 * An event's feed item. A scheduled event's item includes its schedule: a later schedule must not show in earlier
 * states. The one of when it was due says so.
 */
export const eventItem = (event: RecordedEvent, created: boolean): FeedItem => ({
  kind: "EVENT",
  id: event.id,
  created,
  state: {
    status: event.status,
    type: event.type,
    contextId: event.contextId ?? undefined,
    origin: event.origin,
    scheduledFor: event.scheduledFor ?? undefined,
    wasScheduled: event.wasScheduled || undefined,
  },
});

/** A delivery's first feed item. Its first attempt is due when it was created, unless it waits for another. */
const deliveryItem = ({ id, eventId, hookId, status, orderKey }: NewDelivery): FeedItem => ({
  kind: "DELIVERY",
  id,
  eventId,
  hookId,
  created: true,
  state: { status, attemptCount: 0, ...(orderKey !== undefined && { nextAttemptAt: null }) },
});

/** Deliveries per hook; null if each hook has one. */
function countByHook(deliveries: NewDelivery[]): { hooks: string[]; counts: number[] | null } {
  const counts = new Map<string, number>();
  for (const { hookId } of deliveries) counts.set(hookId, (counts.get(hookId) ?? 0) + 1);
  const hooks = [...counts.keys()];
  if (counts.size === deliveries.length) return { hooks, counts: null };
  return { hooks, counts: hooks.map((id) => counts.get(id) ?? 0) };
}

/**
 * Step 1 of 3 in an event's life: stores events with their deliveries, in one statement and by itself one commit.
 * Returns the time of acceptance. Fails if the configuration has changed (isStaleConfig), an idempotency key is taken
 * (isKeyTaken), or deliveries in order must wait for an earlier event (isOutOfTurn).
 */
export async function accept(sql: Sql, accepting: Accepting): Promise<Date> {
  const { projectId, version, events, deliveries, born = 0, keys = [], handOver } = accepting;
  const accepted = born + events.filter(({ origin }) => origin !== "SYSTEM").length;
  const { hooks, counts } = countByHook(deliveries);
  const made = deliveries
    .filter(({ orderKey }) => orderKey === undefined)
    .map((delivery) => ({
      ...deliveryRecord(delivery),
      leaseMs: handOver?.leaseMs.get(delivery.id),
    }));
  const claimed = keys.map(({ projectId: _, ...claim }) => claim);
  const items = [...events.map((event) => eventItem(event, true)), ...deliveries.map(deliveryItem)];
  const [row] = await atNode(
    sql,
    projectId,
    (sql) => sql<{ at: Date; held: string[] | null }[]>`
    select * from signalbox.accept(${projectId}, ${version}, ${JSON.stringify(events.map(eventRecord))}::text::json,
      ${made.length > 0 ? JSON.stringify(made) : null}::text::json, ${hooks}::uuid[], ${counts}::int[], ${accepted},
      ${handOver?.workerId ?? null}::uuid, ${handOver?.token ?? null}::uuid, ${JSON.stringify(items)}::text::json,
      ${claimed.length > 0 ? JSON.stringify(claimed) : null}::text::json, ${orderRecord(accepting)}::text::json)`,
  );
  if (!row) throw new Error("nothing was accepted");
  if (row.held) handOver?.refuse(row.held);
  return row.at;
}

/** Whether a write failed because an earlier event with deliveries in order is not matched yet. */
export const isOutOfTurn = (error: unknown): boolean => errorCode(error) === "SB003";

/** Whether a write failed because an idempotency key is taken, or is being taken. */
export const isKeyTaken = (error: unknown): boolean =>
  ["SB002", "55P03"].includes(errorCode(error));
