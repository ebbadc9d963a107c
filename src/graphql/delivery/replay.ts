import { type ReplayRow, replaysById } from "../../db/delivery/replays.ts";
import {
  cancelReplay,
  countReplay,
  MAX_MATCHED,
  type ReplayInput,
  replayDeliveries,
} from "../../domain/delivery/replay.ts";
import { builder, Node } from "../builder/builder.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { rowLoader } from "../page/loaders.ts";
import { DeliveryStatusEnum } from "./delivery.ts";

const ReplayStatusEnum = describedEnum("ReplayStatus", "Where a replay stands.", {
  RUNNING: "It has deliveries tried again, or waits until their hooks have room.",
  DONE: "All it matched is due again, or has been since.",
  CANCELLED: "It was stopped on the way.",
});

/** A replay of the caller's project. */
export const loadReplay = rowLoader<ReplayRow>("replay", replaysById);

export const Replay = builder.objectRef<ReplayRow>("Replay");
Replay.implement({
  description: "Ended deliveries that are tried again, some at a time.",
  interfaces: [Node],
  fields: (t) => ({
    status: t.expose("status", { type: ReplayStatusEnum, description: "Where it stands." }),
    matched: t.exposeInt("matched", {
      description: "How many deliveries matched when it was asked for.",
    }),
    created: t.exposeInt("created", {
      description:
        "How many it has opened again or sent anew so far. Left out are those that somebody else has had tried again meanwhile, and those whose hook has been deleted.",
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was asked for." }),
    finishedAt: t.expose("finishedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it was done or cancelled; null while it runs.",
    }),
  }),
});

const ReplayInputType = builder.inputType("ReplayInput", {
  description:
    "Which deliveries to try again, of those that have ended: of hooks that are not deleted; no steps of workflows; of those that SUCCEEDED not what replays and retries sent anew.",
  fields: (t) => ({
    hookId: t.id({ description: "Of this hook only." }),
    type: t.string({
      description: "Of events of this type only: an exact name, or a prefix such as `ticket.*`.",
    }),
    status: t.field({
      type: [DeliveryStatusEnum],
      description:
        "That ended in these states only, such as [FAILED]; every ended one, SUCCEEDED too, when absent.",
    }),
    since: t.field({ type: "DateTime", required: true, description: "Made then or later." }),
    until: t.field({ type: "DateTime", description: "Made before then." }),
    dryRun: t.boolean({ defaultValue: false, description: "Count them, and do nothing." }),
  }),
});

const ReplayPayload = payloadType<{ matched: number; replay: ReplayRow | null }>(
  "ReplayPayload",
  "What replayDeliveries and cancelReplay answer.",
  (t) => ({
    matched: t.int({
      description: "How many deliveries match.",
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
    description: "A replay by its id; null when the project has none such.",
    args: { id: t.arg.id({ required: true, description: "The replay's id." }) },
    resolve: (_root, { id }, context) => loadReplay(context, id),
  }),
);

builder.mutationFields((t) => ({
  replayDeliveries: t.field({
    type: ReplayPayload,
    description: `Tries ended deliveries again, at most ${MAX_MATCHED.toLocaleString("en")}. One that ended without success is opened again (RETRYING, due now, with as many further tries as its hook has); one that SUCCEEDED is sent again as a new delivery that points back at it (\`replayOf\`). Both under the same webhook-id, and PARKED while the hook is paused. It goes on by itself, 200 at a time, and gives a hook no more while 400 of them are due, so that live traffic is not held up. Errors: INVALID, NOT_FOUND, NOT_ALLOWED_NOW, LIMIT_REACHED.`,
    args: {
      input: t.arg({ type: ReplayInputType, required: true, description: "Which deliveries." }),
    },
    resolve: (_root, { input }, { caller, hub, read }) =>
      withUserErrors(async () => {
        const wanted: ReplayInput = {
          ...input,
          since: new Date(input.since),
          until: input.until == null ? null : new Date(input.until),
        };
        if (!input.dryRun)
          return payload(await replayDeliveries(hub.db.sql, caller.projectId, wanted));
        const matched = await read((sql) => countReplay(sql, caller.projectId, wanted));
        return { matched, replay: null };
      }),
  }),
  cancelReplay: t.field({
    type: ReplayPayload,
    description:
      "Stops a replay; the deliveries it has had tried again go on. Errors: NOT_FOUND, NOT_ALLOWED_NOW when it is over.",
    args: { id: t.arg.id({ required: true, description: "The replay's id." }) },
    resolve: (_root, { id }, { caller, hub }) =>
      withUserErrors(async () => payload(await cancelReplay(hub.db.sql, caller.projectId, id))),
  }),
}));
