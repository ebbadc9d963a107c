import { z } from "zod";
import type { DeliveryRow, DeliveryStatus } from "../../db/delivery/deliveries.ts";
import { eventsById } from "../../db/event/events.ts";
import { hooksById } from "../../db/hook/hooks.ts";
import { listDeliveries } from "../../db/page/lists.ts";
import { retryDelivery } from "../../domain/delivery/deliveryRetry.ts";
import type { DoorRequest, Route } from "../../http/door/door.ts";
import { userError } from "../../util/userError.ts";
import { type StatusText, statuses } from "./attempt.ts";
import { endpointOf } from "./endpoint.ts";
import { endpointOut } from "./endpointShape.ts";
import { parseQuery } from "./input.ts";
import { messageFilter, messageOf, messageOut, pagingWithin } from "./message.ts";
import { pagingOf, toList, toPageRequest } from "./page.ts";

/** What a delivery's status is called by Svix. */
const texts: Record<DeliveryStatus, StatusText> = {
  PENDING: "pending",
  RETRYING: "pending",
  PARKED: "pending",
  SUCCEEDED: "success",
  FAILED: "fail",
  GONE: "fail",
  CANCELLED: "fail",
  QUARANTINED: "fail",
};

const listQuery = messageFilter.extend({
  status: z.enum(["0", "1", "2", "3"], "must be 0, 1, 2 or 3").optional(),
});

const statusOut = ({ status, nextAttemptAt }: DeliveryRow) => ({
  status: statuses[texts[status]],
  statusText: texts[status],
  nextAttempt: nextAttemptAt,
});

const withStatus = (wanted: string) =>
  (Object.keys(texts) as DeliveryStatus[]).filter(
    (status) => String(statuses[texts[status]]) === wanted,
  );

/** The messages that an endpoint was sent, or is to be sent. */
async function messagesOfEndpoint(request: DoorRequest) {
  const { caller, read } = request.context;
  const { projectId } = caller;
  const filter = parseQuery(request, listQuery);
  const paging = pagingWithin(request, filter);
  const { id: hookId } = await endpointOf(request);
  const { page, events } = await read(async (sql) => {
    const page = await listDeliveries(
      sql,
      projectId,
      {
        hookId,
        status: filter.status === undefined ? undefined : withStatus(filter.status),
        since: filter.after,
        until: filter.before,
      },
      toPageRequest(paging),
    );
    const ids = page.rows.map(({ eventId }) => eventId);
    return { page, events: await eventsById(sql, projectId, ids) };
  });
  const eventOf = new Map(events.map((event) => [event.id, event]));
  const body = toList(paging, page, (delivery) => {
    const event = eventOf.get(delivery.eventId);
    // What was sent again is told once, with the delivery that it repeats.
    if (!event || delivery.replayOf !== null) return [];
    const { channel, tag, event_types: types } = filter;
    const isWanted =
      (channel === undefined || event.channels?.includes(channel)) &&
      (tag === undefined || event.tags?.includes(tag)) &&
      (types === undefined || types.includes(event.type));
    if (!isWanted) return [];
    return [{ ...messageOut(event, filter.with_content !== "false"), ...statusOut(delivery) }];
  });
  return { status: 200, body: { ...body, data: body.data.flat() } };
}

/** The endpoints that a message was sent to, or is to be sent to. */
async function endpointsOfMessage(request: DoorRequest) {
  const { caller, read } = request.context;
  const { projectId } = caller;
  const paging = pagingOf(request, "descending");
  const event = await messageOf(request);
  const { page, hooks } = await read(async (sql) => {
    const page = await listDeliveries(sql, projectId, { eventId: event.id }, toPageRequest(paging));
    const ids = page.rows.map(({ hookId }) => hookId);
    return { page, hooks: await hooksById(sql, projectId, ids) };
  });
  const hookOf = new Map(hooks.map((hook) => [hook.id, hook]));
  const body = toList(paging, page, (delivery) => {
    const hook = hookOf.get(delivery.hookId);
    const isShown = hook && hook.userId === event.userId && hook.status !== "DELETED";
    if (!isShown || delivery.replayOf !== null) return [];
    return [{ ...endpointOut(hook), ...statusOut(delivery) }];
  });
  return { status: 200, body: { ...body, data: body.data.flat() } };
}

/** Sends a message to an endpoint once more: its last delivery there is retried. */
async function resend(request: DoorRequest) {
  const { caller, hub, read } = request.context;
  const event = await messageOf(request);
  const { id: hookId } = await endpointOf(request);
  const last = { limit: 1, backward: false, after: undefined, before: undefined };
  const { rows } = await read((sql) =>
    listDeliveries(sql, caller.projectId, { eventId: event.id, hookId }, last),
  );
  const [delivery] = rows;
  if (!delivery)
    throw userError(
      "NOT_FOUND",
      `endpoint ${hookId} was never to receive message ${event.id}: it takes other event types or channels, or did not exist`,
    );
  await retryDelivery(hub.db.sql, caller.projectId, delivery.id);
  return { status: 202, body: {} };
}

export const deliveryRoutes: Route[] = [
  {
    method: "GET",
    path: "/api/v1/app/{app_id}/endpoint/{endpoint_id}/msg",
    operation: "Query.deliveries",
    handle: messagesOfEndpoint,
  },
  {
    method: "GET",
    path: "/api/v1/app/{app_id}/msg/{msg_id}/endpoint",
    operation: "Query.deliveries",
    handle: endpointsOfMessage,
  },
  {
    method: "POST",
    path: "/api/v1/app/{app_id}/msg/{msg_id}/endpoint/{endpoint_id}/resend",
    operation: "Mutation.retryDelivery",
    handle: resend,
  },
];
