import { z } from "zod";
import {
  type AttemptRow,
  attemptHeadsOf,
  attemptsOf,
  type DeliveryRow,
  deliveriesById,
} from "../../db/delivery/deliveries.ts";
import {
  type EventHead,
  type EventRow,
  eventHeadsById,
  eventsById,
} from "../../db/event/events.ts";
import { type HookRow, hooksById } from "../../db/hook/hooks.ts";
import { listDeliveries } from "../../db/page/lists.ts";
import type { DoorRequest, Route } from "../../http/door/door.ts";
import { isId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { applicationOf } from "./application.ts";
import { endpointOf, findEndpoint } from "./endpoint.ts";
import { parseQuery } from "./input.ts";
import { messageFilter, messageOf, messageOut, pagingWithin } from "./message.ts";
import { listOf, type Paging } from "./page.ts";

/** Svix's numbers: an attempt has succeeded or failed, a message may also wait. */
export const statuses = { success: 0, pending: 1, fail: 2, sending: 3 } as const;
export type StatusText = keyof typeof statuses;

/** Deliveries read at once while attempts are looked for, and how often at most for one page. */
const AT_ONCE = 100;
const MAX_READS = 20;

const attemptFilter = messageFilter.extend({
  status: z.enum(["0", "1", "2", "3"], "must be 0, 1, 2 or 3").optional(),
  status_code_class: z
    .enum(["0", "100", "200", "300", "400", "500"], "must be 0, 100, 200, 300, 400 or 500")
    .optional(),
  with_msg: z.enum(["true", "false"], "must be true or false").optional(),
  endpoint_id: z.string().optional(),
});
type Filter = z.output<typeof attemptFilter>;

/** One attempt with what it is looked for by. */
type Found = {
  attempt: Awaited<ReturnType<typeof attemptHeadsOf>>[number];
  delivery: DeliveryRow;
  event: EventHead;
  hook: HookRow;
};
/** The same with all that Svix tells of it. */
type Attempted = Found & { attempt: AttemptRow; event: EventRow };

const idOf = ({ attempt }: Found) => `${attempt.deliveryId}:${attempt.number}`;

function attemptOut(attempted: Attempted, withContent: boolean, withMessage: boolean) {
  const { attempt, delivery, event, hook } = attempted;
  const statusText = attempt.outcome === "SUCCESS" ? "success" : "fail";
  const isManual = delivery.replayOf !== null || attempt.number > hook.retries + 1;
  return {
    id: idOf(attempted),
    msgId: event.id,
    endpointId: hook.id,
    url: hook.url,
    status: statuses[statusText],
    statusText,
    response: withContent ? (attempt.responseBody ?? attempt.error ?? "") : "",
    responseStatusCode: attempt.statusCode ?? 0,
    responseDurationMs: attempt.elapsedMs,
    triggerType: isManual ? 1 : 0,
    timestamp: attempt.startedAt,
    ...(withMessage && { msg: messageOut(event, withContent) }),
  };
}

function passes({ attempt, event }: Found, filter: Filter): boolean {
  const status = String(statuses[attempt.outcome === "SUCCESS" ? "success" : "fail"]);
  const codeClass = String(Math.floor((attempt.statusCode ?? 0) / 100) * 100);
  return (
    (filter.status === undefined || filter.status === status) &&
    (filter.status_code_class === undefined || filter.status_code_class === codeClass) &&
    (filter.channel === undefined || (event.channels?.includes(filter.channel) ?? false)) &&
    (filter.tag === undefined || (event.tags?.includes(filter.tag) ?? false)) &&
    (filter.event_types === undefined || filter.event_types.includes(event.type))
  );
}

/** The attempts of deliveries, newest delivery and attempt first, of the live hooks of one user. */
async function find(
  { context: { caller, read } }: DoorRequest,
  userId: string,
  deliveries: readonly DeliveryRow[],
): Promise<Found[]> {
  const { projectId } = caller;
  const idsOf = (key: "id" | "hookId" | "eventId") => [
    ...new Set(deliveries.map((one) => one[key])),
  ];
  const [hooks, events, attempts] = await read((sql) =>
    Promise.all([
      hooksById(sql, projectId, idsOf("hookId")),
      eventHeadsById(sql, projectId, idsOf("eventId")),
      attemptHeadsOf(sql, projectId, idsOf("id")),
    ]),
  );
  const hookOf = new Map(hooks.map((hook) => [hook.id, hook]));
  const eventOf = new Map(events.map((event) => [event.id, event]));
  const attemptsOfDelivery = Map.groupBy(attempts, ({ deliveryId }) => deliveryId);
  return deliveries.flatMap((delivery) => {
    const hook = hookOf.get(delivery.hookId);
    const event = eventOf.get(delivery.eventId);
    if (!hook || !event || hook.userId !== userId || hook.status === "DELETED") return [];
    const found = attemptsOfDelivery.get(delivery.id) ?? [];
    return found.toReversed().map((attempt) => ({ attempt, delivery, event, hook }));
  });
}

/** Reads what is shown of attempts: their bodies, and with `withData` the data of their events. */
async function load(
  { context: { caller, read } }: DoorRequest,
  found: readonly Found[],
  withData: boolean,
): Promise<Attempted[]> {
  const { projectId } = caller;
  const idsOf = (idOfOne: (one: Found) => string) => [...new Set(found.map(idOfOne))];
  const [attempts, events] = await read((sql) =>
    Promise.all([
      attemptsOf(
        sql,
        projectId,
        idsOf(({ delivery }) => delivery.id),
      ),
      withData
        ? eventsById(
            sql,
            projectId,
            idsOf(({ event }) => event.id),
          )
        : [],
    ]),
  );
  const attemptOf = new Map(attempts.map((one) => [`${one.deliveryId}:${one.number}`, one]));
  const eventOf = new Map(events.map((event) => [event.id, event]));
  return found.flatMap((one) => {
    const attempt = attemptOf.get(idOf(one));
    const event = eventOf.get(one.event.id) ?? { ...one.event, data: null, content: null };
    return attempt ? [{ ...one, attempt, event }] : [];
  });
}

/**
 * A page of attempts, and the iterators of its ends. Whole deliveries are read, from the one at which the page before
 * ended; a page that ends before it is full ends at the delivery that was read last.
 */
async function pageOf(
  request: DoorRequest,
  userId: string,
  of: { hookId?: string | undefined; eventId?: string | undefined },
  filter: Filter,
  { limit, from, isPrevious }: Paging,
) {
  const { caller, read } = request.context;
  const { projectId } = caller;
  const within = { ...of, since: filter.after, until: filter.before };
  const found: Found[] = [];
  const add = async (deliveries: readonly DeliveryRow[], isWanted: (one: Found) => boolean) => {
    const some = await find(request, userId, deliveries);
    if (isPrevious) some.reverse();
    found.push(...some.filter((one) => isWanted(one) && passes(one, filter)));
  };
  const [id, number] = from?.split(":") ?? [];
  if (id !== undefined && number !== undefined) {
    const rest = await read((sql) => deliveriesById(sql, projectId, [id]));
    await add(rest, ({ attempt }) =>
      isPrevious ? attempt.number > Number(number) : attempt.number < Number(number),
    );
  }
  let at = id;
  let isOver = false;
  for (let reads = 0; reads < MAX_READS && found.length <= limit && !isOver; reads++) {
    const bound = isPrevious ? { after: undefined, before: at } : { after: at, before: undefined };
    const page = await read((sql) =>
      listDeliveries(sql, projectId, within, { limit: AT_ONCE, backward: isPrevious, ...bound }),
    );
    await add(page.rows, () => true);
    at = isPrevious ? (page.start ?? page.rows[0]?.id) : (page.end ?? page.rows.at(-1)?.id);
    isOver = !(isPrevious ? page.hasPrevious : page.hasNext);
  }
  const shown = found.slice(0, limit);
  if (isPrevious) shown.reverse();
  const isFull = found.length > limit;
  const readTo = isFull || isOver ? undefined : at;
  const [newest, oldest] = [shown[0], shown.at(-1)];
  const first = newest ? idOf(newest) : readTo;
  const last = oldest ? idOf(oldest) : readTo;
  const ids = {
    first: isPrevious ? (readTo ?? first) : first,
    last: isPrevious ? last : (readTo ?? last),
  };
  return { shown, ids, done: isOver && !isFull };
}

async function listAttempts(
  request: DoorRequest,
  userId: string,
  of: { hookId?: string | undefined; eventId?: string | undefined },
  filter: Filter,
) {
  const paging = pagingWithin(request, filter);
  const { shown, ids, done } = await pageOf(request, userId, of, filter, paging);
  const [withContent, withMessage] = [filter.with_content !== "false", filter.with_msg === "true"];
  const attempted = await load(request, shown, withContent && withMessage);
  const attempts = attempted.map((one) => attemptOut(one, withContent, withMessage));
  return { status: 200, body: listOf(attempts, ids, done) };
}

async function byEndpoint(request: DoorRequest) {
  const filter = parseQuery(request, attemptFilter);
  const hook = await endpointOf(request);
  return listAttempts(request, hook.userId ?? "", { hookId: hook.id }, filter);
}

async function byMessage(request: DoorRequest) {
  const filter = parseQuery(request, attemptFilter);
  const event = await messageOf(request);
  const userId = event.userId ?? "";
  const name = filter.endpoint_id;
  const hook = name === undefined ? undefined : await findEndpoint(request, userId, name);
  if (name !== undefined && !hook)
    throw userError("NOT_FOUND", `the application has no endpoint with the id or uid ${name}`);
  return listAttempts(request, userId, { eventId: event.id, hookId: hook?.id }, filter);
}

async function get(request: DoorRequest) {
  const { context, params } = request;
  const { caller, read } = context;
  const event = await messageOf(request);
  const { userId } = await applicationOf(request);
  const { attempt_id: given = "" } = params;
  const [id = "", number] = given.split(":");
  const deliveries = isId(id)
    ? await read((sql) => deliveriesById(sql, caller.projectId, [id]))
    : [];
  const all = await find(request, userId, deliveries);
  const [found] = await load(
    request,
    all.filter(
      ({ attempt, delivery }) => delivery.eventId === event.id && String(attempt.number) === number,
    ),
    false,
  );
  if (!found) throw userError("NOT_FOUND", `the message has no attempt with the id ${given}`);
  return { status: 200, body: attemptOut(found, true, false) };
}

const read = { method: "GET", operation: "Query.deliveries" } as const;

export const attemptRoutes: Route[] = [
  { ...read, path: "/api/v1/app/{app_id}/attempt/endpoint/{endpoint_id}", handle: byEndpoint },
  { ...read, path: "/api/v1/app/{app_id}/attempt/msg/{msg_id}", handle: byMessage },
  { ...read, path: "/api/v1/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}", handle: get },
];
