import { type BlockedKeyRow, blockedKeysPerHook } from "../../db/delivery/blockedKeys.ts";
import { waitedFor } from "../../db/delivery/order.ts";
import { releaseBlockedKey } from "../../domain/delivery/blockedKey.ts";
import { builder } from "../builder/builder.ts";
import { withUserErrors } from "../builder/errors.ts";
import { Hook } from "../hook/hook.ts";
import { HookPayload } from "../hook/hookPayloads.ts";
import { childPage } from "../page/childPage.ts";
import { connectionType } from "../page/connection.ts";
import { batched } from "../page/loaders.ts";
import { Delivery, loadDelivery } from "./delivery.ts";

const BlockedKey = builder.objectRef<BlockedKeyRow>("BlockedKey").implement({
  description:
    "A key of a hook with `orderBy` whose deliveries wait, because one of them was lost and `onOrderFailure` is BLOCK.",
  fields: (t) => ({
    key: t.exposeString("key", { description: "What `orderBy` yielded." }),
    delivery: t.field({
      type: Delivery,
      description: "The lost delivery: FAILED or QUARANTINED.",
      resolve: async ({ id }, _args, context) => {
        const delivery = await loadDelivery(context, id);
        if (!delivery) throw new Error(`delivery ${id} is gone`);
        return delivery;
      },
    }),
    waiting: t.exposeInt("waiting", {
      description: "The number of deliveries that wait, counted to 10,000.",
    }),
    since: t.expose("since", { type: "DateTime", description: "When the delivery was lost." }),
  }),
});

const BlockedKeyConnection = connectionType("BlockedKey", BlockedKey);

builder.objectField(Hook, "blockedKeys", (t) =>
  t.field({
    type: BlockedKeyConnection,
    description: "The keys whose deliveries wait for a person, newest lost delivery first.",
    args: {
      first: t.arg.int({ description: "Page size: 0 to 100, default 20." }),
      after: t.arg.string({ description: "Return rows after this cursor." }),
    },
    resolve: ({ id }, args, context) => {
      const { caller, read } = context;
      return childPage(context, "blockedKeys", id, args, (ids, request) =>
        read((sql) => blockedKeysPerHook(sql, caller.projectId, ids, request)),
      );
    },
  }),
);

builder.objectField(Delivery, "waitsFor", (t) =>
  t.field({
    type: Delivery,
    nullable: true,
    description:
      "The delivery that this one waits for: an earlier one with the same `orderKey` that is open or blocks the key. Null if it waits for none.",
    resolve: async ({ id, orderKey, nextAttemptAt, completedAt }, _args, context) => {
      if (orderKey === null || nextAttemptAt !== null || completedAt !== null) return null;
      const { caller, read } = context;
      const loader = batched(context, "waitsFor", (ids) =>
        read((sql) => waitedFor(sql, caller.projectId, ids)),
      );
      const ahead = await loader.load(id);
      return ahead === undefined ? null : ((await loadDelivery(context, ahead)) ?? null);
    },
  }),
);

builder.mutationField("releaseBlockedKey", (t) =>
  t.field({
    type: HookPayload,
    description:
      "Frees a blocked key of a hook. The lost delivery is tried again, as by retryDelivery, and the others wait for it; with `skip` it stays as it is, and the next one is due. Errors: NOT_FOUND for an unknown hook or a key that is not blocked; NOT_ALLOWED_NOW if the delivery can't be tried again.",
    args: {
      hookId: t.arg.id({ required: true, description: "The hook's id." }),
      key: t.arg.string({ required: true, description: "The key, as in `BlockedKey.key`." }),
      skip: t.arg.boolean({
        defaultValue: false,
        description: "Whether the lost delivery is left out.",
      }),
    },
    resolve: (_root, { hookId, key, skip }, { caller, hub }) =>
      withUserErrors(async () => ({
        hook: await releaseBlockedKey(hub.db.sql, caller.projectId, hookId, key, skip ?? false),
      })),
  }),
);
