import { type ReplayRow, replaysById } from "../../db/replay/replays.ts";
import { backfillHook } from "../../domain/replay/backfill.ts";
import {
  cancelReplay,
  countReplay,
  type ReplayInput,
  replayDeliveries,
} from "../../domain/replay/replay.ts";
import { MAX_MATCHED } from "../../domain/replay/replayScope.ts";
import { builder, Node } from "../builder/builder.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { rowLoader } from "../page/loaders.ts";
import { DeliveryStatusEnum } from "./delivery.ts";

const ReplayStatusEnum = describedEnum("ReplayStatus", "The state of a replay.", {
  RUNNING:
    "In progress: it is retrying or making deliveries, or waiting until their hooks have capacity.",
  DONE: "Every matched delivery has been made due.",
  CANCELLED: "Stopped by cancelReplay.",
});

/** A replay of the caller's project. */
export const loadReplay = rowLoader<ReplayRow>("replay", replaysById);

export const Replay = builder.objectRef<ReplayRow>("Replay");
Replay.implement({
  description:
    "Ended deliveries that are retried in the background, or events that a hook is backfilled with, in chunks.",
  interfaces: [Node],
  fields: (t) => ({
    status: t.expose("status", { type: ReplayStatusEnum, description: "The current state." }),
    matched: t.exposeInt("matched", {
      description: "Deliveries that matched when the replay was requested; events, of a backfill.",
    }),
    created: t.exposeInt("created", {
      description:
        "Deliveries that have been reopened, sent anew or made so far. Deliveries that were meanwhile retried or made by someone else, or whose hook has been deleted, are not counted.",
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      description: "When the replay was requested.",
    }),
    finishedAt: t.expose("finishedAt", {
      type: "DateTime",
      nullable: true,
      description: "When the replay was done or cancelled; null while it runs.",
    }),
  }),
});

const ReplayInputType = builder.inputType("ReplayInput", {
  description:
    "Which ended deliveries to retry. Deliveries of deleted hooks and workflow steps are never included, nor, unless `deliveryIds` names them, SUCCEEDED deliveries that a replay or retry created.",
  fields: (t) => ({
    deliveryIds: t.idList({
      description:
        "Only these; at most 1,000. Without `status`, those of them that wait are tried at once, too: RETRYING ones, and those that are PARKED because their attempts were used up. A SUCCEEDED one is sent again even if a replay or retry created it. An id that the project does not have is NOT_FOUND, as that of a hook; what the other fields exclude is not matched.",
    }),
    hookId: t.id({ description: "Only for this hook." }),
    hookIds: t.idList({ description: "Only for one of these hooks; at most 100." }),
    type: t.string({
      description: "Only for events of this type: an exact name, or a prefix such as `ticket.*`.",
    }),
    types: t.stringList({
      description: "Only for events of these types, as in `type`; at most 100. Not with `type`.",
    }),
    userId: t.string({ description: "Only for events of this user." }),
    search: t.string({
      description:
        "Only for events with this text in the name, type or data; case-insensitive. At most 200 characters.",
    }),
    statusCodes: t.intList({
      description:
        "Only if the last attempt was answered by one of these: 100 to 599; at most 100.",
    }),
    error: t.string({
      description:
        "Only if the last attempt's error (`lastError`) contains this; case-insensitive. At most 200 characters.",
    }),
    status: t.field({
      type: [DeliveryStatusEnum],
      description:
        "Only those that ended with one of these statuses, such as [FAILED]. If absent, every ended delivery, including SUCCEEDED.",
    }),
    since: t.field({
      type: "DateTime",
      description: "Created at this time or later. Required unless `deliveryIds` is given.",
    }),
    until: t.field({ type: "DateTime", description: "Created before this time." }),
    dryRun: t.boolean({
      defaultValue: false,
      description: "Only count the matching deliveries; change nothing.",
    }),
  }),
});

const BackfillHookInput = builder.inputType("BackfillHookInput", {
  description: "Which stored events to deliver to a hook that it never got.",
  fields: (t) => ({
    hookId: t.id({ required: true, description: "The hook. A paused one is allowed." }),
    since: t.field({
      type: "DateTime",
      required: true,
      description: "Accepted at this time or later.",
    }),
    until: t.field({ type: "DateTime", description: "Accepted before this time." }),
    dryRun: t.boolean({
      defaultValue: false,
      description: "Only count the matching events; change nothing.",
    }),
  }),
});

const ReplayPayload = payloadType<{ matched: number; replay: ReplayRow | null }>(
  "ReplayPayload",
  "The result of replayDeliveries, backfillHook and cancelReplay.",
  (t) => ({
    matched: t.int({
      description: "The number of matching deliveries; events, of a backfill.",
      resolve: ({ matched }) => matched ?? 0,
    }),
    replay: t.field({
      type: Replay,
      nullable: true,
      description: "The replay; null for a dry run.",
      resolve: ({ replay }) => replay,
    }),
  }),
);

const payload = (replay: ReplayRow) => ({ matched: replay.matched, replay });

builder.queryField("replay", (t) =>
  t.field({
    type: Replay,
    nullable: true,
    description: "The replay with this id; null if the project has none.",
    args: { id: t.arg.id({ required: true, description: "The replay's id." }) },
    resolve: (_root, { id }, context) => loadReplay(context, id),
  }),
);

builder.mutationFields((t) => ({
  replayDeliveries: t.field({
    type: ReplayPayload,
    description: `Retries ended deliveries, or chosen ones, in the background; at most ${MAX_MATCHED.toLocaleString("en")}. A delivery that ended without success is reopened: RETRYING, due now, with as many further attempts as its hook has retries plus one. A SUCCEEDED delivery is sent again as a new delivery that refers to it (\`replayOf\`). Both keep the webhook-id, and are PARKED while the hook is paused. A replay advances 25 deliveries at a time, pauses after each, and adds none to a hook that has 400 due ones, so that it does not delay live traffic. Errors: INVALID, NOT_FOUND, NOT_ALLOWED_NOW, LIMIT_REACHED.`,
    args: {
      input: t.arg({
        type: ReplayInputType,
        required: true,
        description: "Which deliveries to retry.",
      }),
    },
    resolve: (_root, { input }, { caller, hub, read }) =>
      withUserErrors(async () => {
        const wanted: ReplayInput = {
          ...input,
          since: input.since == null ? null : new Date(input.since),
          until: input.until == null ? null : new Date(input.until),
        };
        if (!input.dryRun)
          return payload(await replayDeliveries(hub.db.sql, caller.projectId, wanted));
        const matched = await read((sql) => countReplay(sql, caller.projectId, wanted));
        return { matched, replay: null };
      }),
  }),
  backfillHook: t.field({
    type: ReplayPayload,
    description: `Delivers stored events that a hook matches now and never got, in the order of acceptance: events of which it has no delivery in any state. Their deliveries are as any other, and PARKED while the hook is paused. Events that are not matched yet (SCHEDULED, STAGED), were cancelled, refused or erased, or were for another hook alone, are left out. Those of a hook with orderBy are in order per key: one after the other, before what waits of younger events. It advances 25 events at a time, pauses after each, and adds none while the hook has 400 due deliveries, so that it does not delay live traffic. At most ${MAX_MATCHED.toLocaleString("en")} events, and as many as can be matched in 15 s. Errors: INVALID, NOT_FOUND, NOT_ALLOWED_NOW, LIMIT_REACHED.`,
    args: {
      input: t.arg({
        type: BackfillHookInput,
        required: true,
        description: "The hook and the time span.",
      }),
    },
    resolve: (_root, { input }, context) =>
      withUserErrors(() =>
        backfillHook(context, {
          ...input,
          since: new Date(input.since),
          until: input.until == null ? null : new Date(input.until),
        }),
      ),
  }),
  cancelReplay: t.field({
    type: ReplayPayload,
    description:
      "Stops a replay. Deliveries that it has already made due continue. Errors: NOT_FOUND; NOT_ALLOWED_NOW if the replay has ended.",
    args: { id: t.arg.id({ required: true, description: "The replay's id." }) },
    resolve: (_root, { id }, { caller, hub }) =>
      withUserErrors(async () => payload(await cancelReplay(hub.db.sql, caller.projectId, id))),
  }),
}));
