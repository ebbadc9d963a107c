import { type DeliveryRow, deliveriesById } from "../../db/delivery/deliveries.ts";
import { isPayload } from "../../db/delivery/eventBodies.ts";
import { deliveriesPerParent, listDeliveries } from "../../db/page/lists.ts";
import { retryDelivery } from "../../domain/delivery/deliveryRetry.ts";
import { createEnvelope, envelopeEvent } from "../../domain/event/envelope.ts";
import { isId } from "../../util/ids.ts";
import { builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { Event, loadEvent, loadEventResource, withDocuments } from "../event/event.ts";
import { requestError } from "../gate/requestError.ts";
import { Hook, loadHook } from "../hook/hook.ts";
import { childPage } from "../page/childPage.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { rowLoader } from "../page/loaders.ts";
import { pageArgs } from "../page/pageArgs.ts";
import { currentProject } from "../project/project.ts";
import { loadStepBody } from "../workflow/stepBody.ts";
import { Attempt, loadAttempts } from "./attempt.ts";
import { loadPayloadBody } from "./payloadBody.ts";

export const DeliveryStatusEnum = describedEnum("DeliveryStatus", "The state of a delivery.", {
  PENDING: "Not attempted yet, or in its first attempt.",
  RETRYING: "An attempt failed; another is scheduled.",
  SUCCEEDED: "The target accepted it.",
  FAILED: "Every attempt failed. retryDelivery reopens it.",
  GONE: "The target answered a status of `unsubscribeOn`; its hook is deleted.",
  CANCELLED: "Its hook was deleted before the delivery ended.",
  PARKED:
    "Its hook is paused, or its target has not consented yet; it is due once the hook is ACTIVE. Or it used up its attempts, and the hook's `onOrderFailure` is PARK; retryDelivery and resumeHook release it.",
  QUARANTINED:
    "The hub's process died three times while sending it. Only retryDelivery sends it again.",
});

/** A delivery of the caller's project. */
export const loadDelivery = rowLoader<DeliveryRow>("delivery", deliveriesById);

const required = <Row>(row: Row | undefined, what: string): Row => {
  if (row === undefined) throw new Error(`${what} is gone`);
  return row;
};

export const Delivery = builder.objectRef<DeliveryRow>("Delivery");
Delivery.implement({
  description: "The delivery of one event to one hook, or the call of one workflow step.",
  interfaces: [Node],
  fields: (t) => ({
    event: t.field({
      type: Event,
      description: "The event that is delivered.",
      resolve: async ({ eventId }, _args, context) =>
        required(await loadEvent(context, eventId), `event ${eventId}`),
    }),
    hook: t.field({
      type: Hook,
      nullable: true,
      description: "The hook that receives it; null for a workflow step, which belongs to a `run`.",
      resolve: async ({ hookId }, _args, context) => (await loadHook(context, hookId)) ?? null,
    }),
    status: t.expose("status", { type: DeliveryStatusEnum, description: "The current state." }),
    attemptCount: t.exposeInt("attemptCount", { description: "Attempts started so far." }),
    maxAttempts: t.exposeInt("maxAttempts", {
      description:
        "The maximum number of attempts: 1 + the retries of the hook or step, plus 1 for each attempt that a dying process interrupted, plus 1 + the hook's retries for each time the delivery is reopened.",
    }),
    nextAttemptAt: t.expose("nextAttemptAt", {
      type: "DateTime",
      nullable: true,
      description:
        "When the next attempt is due; null if there is none, or while the delivery waits for another one (`waitsFor`).",
    }),
    completedAt: t.expose("completedAt", {
      type: "DateTime",
      nullable: true,
      description: "When the delivery ended; null before that.",
    }),
    requestBody: t.string({
      description:
        "The exact request body; the same in every attempt. With a template or selection it is made by the first attempt, and empty before.",
      resolve: async (delivery, _args, context) => {
        const { format } = delivery;
        if (format === "STEP") return loadStepBody(context, delivery);
        if (isPayload(format)) return loadPayloadBody(context, delivery);
        const { eventId } = delivery;
        const head = required(await loadEvent(context, eventId), `event ${eventId}`);
        const event = await withDocuments(context, head);
        const { source } = await currentProject(context);
        const resource = format === "RESOURCE" ? await loadEventResource(context, event.id) : null;
        return createEnvelope(envelopeEvent({ ...event, resource }, source), format).body;
      },
    }),
    lastError: t.exposeString("lastError", {
      nullable: true,
      description: "The error of the last attempt; null after a success.",
    }),
    replayOf: t.field({
      type: Delivery,
      nullable: true,
      description: "The SUCCEEDED delivery that this one sends again; null otherwise.",
      resolve: async ({ replayOf }, _args, context) =>
        replayOf === null ? null : ((await loadDelivery(context, replayOf)) ?? null),
    }),
    orderKey: t.exposeString("orderKey", {
      nullable: true,
      description:
        "What the hook's `orderBy` yielded for the event: deliveries with the same key go one after the other. Null without order.",
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      description: "When the delivery was created: when the event was matched with the hook.",
    }),
    attempts: t.field({
      type: [Attempt],
      description: "All attempts, in order.",
      resolve: async ({ id, attemptCount }, _args, context) =>
        // A subscription shows the delivery at a change: without later attempts.
        (await loadAttempts(context, id)).filter(({ number }) => number <= attemptCount),
    }),
  }),
});

const DeliveryConnection = connectionType("Delivery", Delivery);

const perParentArgs = builder.args((t) => ({
  first: t.int({ description: "Page size: 0 to 100, default 20." }),
  after: t.string({ description: "Return rows after this cursor." }),
  status: t.field({
    type: [DeliveryStatusEnum],
    description: "Only with one of these statuses; at most 100.",
  }),
}));

type PerParentArgs = {
  first?: number | null | undefined;
  after?: string | null | undefined;
  status?: DeliveryRow["status"][] | null | undefined;
};

/** A page of deliveries of one hook or event. */
function deliveriesOf(
  context: Context,
  parent: "hookId" | "eventId",
  id: string,
  args: PerParentArgs,
) {
  const { caller, read } = context;
  return childPage(context, `deliveries ${parent}`, id, args, (ids, request) =>
    read((sql) => deliveriesPerParent(sql, caller.projectId, parent, ids, args.status, request)),
  );
}

builder.objectField(Event, "deliveries", (t) =>
  t.field({
    type: DeliveryConnection,
    description: "The deliveries, newest first.",
    args: perParentArgs,
    resolve: ({ id }, args, context) => deliveriesOf(context, "eventId", id, args),
  }),
);

builder.objectField(Hook, "deliveries", (t) =>
  t.field({
    type: DeliveryConnection,
    description: "The deliveries, newest first.",
    args: perParentArgs,
    resolve: ({ id }, args, context) => deliveriesOf(context, "hookId", id, args),
  }),
);

builder.queryFields((t) => ({
  delivery: t.field({
    type: Delivery,
    nullable: true,
    description: "The delivery with this id; null if the project has none.",
    args: { id: t.arg.id({ required: true, description: "The delivery's id." }) },
    resolve: (_root, { id }, context) => loadDelivery(context, id),
  }),
  deliveries: t.field({
    type: DeliveryConnection,
    description:
      "The project's deliveries, newest first. With `types`, `userId`, `search`, `statusCodes` or `error`, a page covers a bounded number of deliveries: it may hold fewer than asked for, or none, and says where to go on (`pageInfo`).",
    args: {
      ...pageArgs,
      hookId: t.arg.id({ description: "Only for this hook." }),
      hookIds: t.arg.idList({ description: "Only for one of these hooks; at most 100." }),
      eventId: t.arg.id({ description: "Only for this event." }),
      types: t.arg.stringList({
        description:
          "Only for events of these types: exact names, or prefixes such as `ticket.*`; at most 100.",
      }),
      userId: t.arg.string({ description: "Only for events of this user." }),
      search: t.arg.string({
        description:
          "Only for events with this text in the name, type or data; case-insensitive. At most 200 characters.",
      }),
      status: t.arg({
        type: [DeliveryStatusEnum],
        description: "Only with one of these statuses; at most 100.",
      }),
      statusCodes: t.arg.intList({
        description:
          "Only if the last attempt was answered by one of these: 100 to 599; at most 100.",
      }),
      error: t.arg.string({
        description:
          "Only if the last attempt's error (`lastError`) contains this; case-insensitive. At most 200 characters.",
      }),
      since: t.arg({ type: "DateTime", description: "Created at this time or later." }),
      until: t.arg({ type: "DateTime", description: "Created before this time." }),
    },
    resolve: async (_root, { since, until, ...args }, { caller, read }) => {
      const request = pageRequest(args);
      // A malformed id matches nothing.
      if ([args.hookId, args.eventId].some((id) => id != null && !isId(id))) {
        return toConnection<DeliveryRow>({ rows: [], hasNext: false, hasPrevious: false });
      }
      const wrong = args.statusCodes?.find((code) => code < 100 || code > 599);
      if (wrong !== undefined)
        throw requestError("BAD_REQUEST", `statusCodes: from 100 to 599, got ${wrong}.`);
      const filter = {
        ...args,
        hookIds: args.hookIds?.filter(isId),
        since: since ? new Date(since) : null,
        until: until ? new Date(until) : null,
      };
      return toConnection(
        await read((sql) => listDeliveries(sql, caller.projectId, filter, request)),
      );
    },
  }),
}));

export const DeliveryPayload = payloadType<{ delivery: DeliveryRow }>(
  "DeliveryPayload",
  "The result of retryDelivery and testHook.",
  (t) => ({
    delivery: t.field({
      type: Delivery,
      nullable: true,
      description: "The delivery, as it is now.",
      resolve: ({ delivery }) => delivery,
    }),
  }),
);

builder.mutationField("retryDelivery", (t) =>
  t.field({
    type: DeliveryPayload,
    description:
      "Retries a delivery now. A waiting delivery becomes due. One that ended without success is reopened: RETRYING, with as many further attempts as its hook has retries plus one, and with its attempts counted on. A SUCCEEDED delivery stays as it is, and a new one refers to it (`replayOf`). While the hook is paused, the delivery is PARKED. A delivery with an `orderKey` takes its place among others with the same key, and frees a key that it blocked; one that waits for an earlier one is not due (NOT_ALLOWED_NOW). Workflow steps cannot be retried; use rerunWorkflow. Errors: NOT_FOUND, NOT_ALLOWED_NOW.",
    args: { id: t.arg.id({ required: true, description: "The delivery's id." }) },
    resolve: (_root, { id }, { caller, hub }) =>
      withUserErrors(async () => ({
        delivery: await retryDelivery(hub.db.sql, caller.projectId, id),
      })),
  }),
);
