import { type DeliveryRow, deliveriesById } from "../../db/delivery/deliveries.ts";
import { deliveriesPerParent, listDeliveries } from "../../db/page/lists.ts";
import { retryDelivery } from "../../domain/delivery/deliveryRetry.ts";
import { createEnvelope, envelopeEvent } from "../../domain/event/envelope.ts";
import { isId } from "../../util/ids.ts";
import { builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { Event, loadEvent, loadEventResource, withDocuments } from "../event/event.ts";
import { Hook, loadHook } from "../hook/hook.ts";
import { childPage } from "../page/childPage.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { rowLoader } from "../page/loaders.ts";
import { currentProject } from "../project/project.ts";
import { loadStepBody } from "../workflow/stepBody.ts";
import { Attempt, loadAttempts } from "./attempt.ts";

export const DeliveryStatusEnum = describedEnum("DeliveryStatus", "Where a delivery stands.", {
  PENDING: "Due, not tried yet, or in its first try.",
  RETRYING: "Tried and failed, to be tried again.",
  SUCCEEDED: "The target took it.",
  FAILED: "Every try failed; retryDelivery opens it again.",
  GONE: "The target said it is gone (`unsubscribeOn`); its hook is deleted.",
  CANCELLED: "Its hook was deleted before it could be sent.",
  PARKED: "Its hook is paused; released on resume.",
  QUARANTINED: "It took its process down three times; a person decides (retryDelivery).",
});

/** A delivery of the caller's project. */
export const loadDelivery = rowLoader<DeliveryRow>("delivery", deliveriesById);

const required = <Row>(row: Row | undefined, what: string): Row => {
  if (row === undefined) throw new Error(`${what} is gone`);
  return row;
};

export const Delivery = builder.objectRef<DeliveryRow>("Delivery");
Delivery.implement({
  description: "One event on its way to one hook, or one call of a workflow's step.",
  interfaces: [Node],
  fields: (t) => ({
    event: t.field({
      type: Event,
      description: "What is delivered.",
      resolve: async ({ eventId }, _args, context) =>
        required(await loadEvent(context, eventId), `event ${eventId}`),
    }),
    hook: t.field({
      type: Hook,
      nullable: true,
      description: "Where to; null for a workflow's step, which belongs to a `run`.",
      resolve: async ({ hookId }, _args, context) => (await loadHook(context, hookId)) ?? null,
    }),
    status: t.expose("status", { type: DeliveryStatusEnum, description: "Where it stands." }),
    attemptCount: t.exposeInt("attemptCount", { description: "Attempts begun so far." }),
    maxAttempts: t.exposeInt("maxAttempts", {
      description:
        "Attempts at most: 1 + the hook's (or step's) retries, one more for each that a dying process interrupted, and again 1 + the hook's retries each time that it is opened again.",
    }),
    nextAttemptAt: t.expose("nextAttemptAt", {
      type: "DateTime",
      nullable: true,
      description: "When the next attempt is due; null when none is to come.",
    }),
    completedAt: t.expose("completedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it ended.",
    }),
    requestBody: t.string({
      description: "The body, byte for byte, as every try sends it.",
      resolve: async (delivery, _args, context) => {
        const { format } = delivery;
        if (format === "STEP") return loadStepBody(context, delivery);
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
      description: "What went wrong last; null after a success.",
    }),
    replayOf: t.field({
      type: Delivery,
      nullable: true,
      description: "The delivery that SUCCEEDED and is sent again by this one.",
      resolve: async ({ replayOf }, _args, context) =>
        replayOf === null ? null : ((await loadDelivery(context, replayOf)) ?? null),
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      description: "When the event was matched to the hook.",
    }),
    attempts: t.field({
      type: [Attempt],
      description: "Every try, in order.",
      resolve: async ({ id, attemptCount }, _args, context) =>
        // A subscription shows a delivery as it was: without the tries it had not made yet.
        (await loadAttempts(context, id)).filter(({ number }) => number <= attemptCount),
    }),
  }),
});

const DeliveryConnection = connectionType("Delivery", Delivery);

const perParentArgs = builder.args((t) => ({
  first: t.int({ description: "How many: 0 to 100, default 20." }),
  after: t.string({ description: "The cursor to go on after." }),
  status: t.field({
    type: [DeliveryStatusEnum],
    description: "In these states only; at most 100.",
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
    description: "Its deliveries, newest first.",
    args: perParentArgs,
    resolve: ({ id }, args, context) => deliveriesOf(context, "eventId", id, args),
  }),
);

builder.objectField(Hook, "deliveries", (t) =>
  t.field({
    type: DeliveryConnection,
    description: "Its deliveries, newest first.",
    args: perParentArgs,
    resolve: ({ id }, args, context) => deliveriesOf(context, "hookId", id, args),
  }),
);

builder.queryFields((t) => ({
  delivery: t.field({
    type: Delivery,
    nullable: true,
    description: "A delivery by its id; null when the project has none such.",
    args: { id: t.arg.id({ required: true, description: "The delivery's id." }) },
    resolve: (_root, { id }, context) => loadDelivery(context, id),
  }),
  deliveries: t.field({
    type: DeliveryConnection,
    description: "The project's deliveries, newest first.",
    args: {
      first: t.arg.int({ description: "How many from the start: 0 to 100, default 20." }),
      after: t.arg.string({ description: "The cursor to go on after." }),
      last: t.arg.int({ description: "How many from the end: 0 to 100." }),
      before: t.arg.string({ description: "The cursor to end before." }),
      hookId: t.arg.id({ description: "Of this hook only." }),
      eventId: t.arg.id({ description: "Of this event only." }),
      status: t.arg({
        type: [DeliveryStatusEnum],
        description: "In these states only; at most 100.",
      }),
      since: t.arg({ type: "DateTime", description: "Made then or later." }),
      until: t.arg({ type: "DateTime", description: "Made before then." }),
    },
    resolve: async (_root, { since, until, ...args }, { caller, read }) => {
      const request = pageRequest(args);
      // What cannot be an id is an id that nothing has.
      if ([args.hookId, args.eventId].some((id) => id != null && !isId(id))) {
        return toConnection<DeliveryRow>({ rows: [], hasNext: false, hasPrevious: false });
      }
      const filter = {
        ...args,
        since: since ? new Date(since) : null,
        until: until ? new Date(until) : null,
      };
      return toConnection(
        await read((sql) => listDeliveries(sql, caller.projectId, filter, request)),
      );
    },
  }),
}));

const DeliveryPayload = payloadType<{ delivery: DeliveryRow }>(
  "DeliveryPayload",
  "What retryDelivery answers.",
  (t) => ({
    delivery: t.field({
      type: Delivery,
      nullable: true,
      description: "The delivery that is due now.",
      resolve: ({ delivery }) => delivery,
    }),
  }),
);

builder.mutationField("retryDelivery", (t) =>
  t.field({
    type: DeliveryPayload,
    description:
      "Tries a delivery again, now. One that waits is made due; one that ended without success is opened again (RETRYING, with as many further tries as its hook has, its attempts counted on); one that SUCCEEDED stays, and a new one points back at it (`replayOf`). PARKED while the hook is paused. Not for a workflow's step: see rerunWorkflow. Errors: NOT_FOUND, NOT_ALLOWED_NOW.",
    args: { id: t.arg.id({ required: true, description: "The delivery's id." }) },
    resolve: (_root, { id }, { caller, hub }) =>
      withUserErrors(async () => ({
        delivery: await retryDelivery(hub.db.sql, caller.projectId, id),
      })),
  }),
);
