import { testHook } from "../../domain/emit/testHook.ts";
import { builder } from "../builder/builder.ts";
import { withUserErrors } from "../builder/errors.ts";
import { DeliveryPayload } from "../delivery/delivery.ts";

builder.mutationField("testHook", (t) =>
  t.field({
    type: DeliveryPayload,
    description:
      "Sends a test event to this hook alone, whatever types, user, channels and filter it has. Each attempt has the header `signalbox-test: true`, and is retried and counted as any other. The event has origin TEST: it starts no workflows, and event streams do not show it. Errors: NOT_FOUND; NOT_ALLOWED_NOW if the hook is not ACTIVE, or sends resources and `data` names none; INVALID; UNKNOWN_TYPE; DATA_INVALID.",
    args: {
      id: t.arg.id({ required: true, description: "The hook's id." }),
      type: t.arg.string({
        description:
          "The event's type; the hook need not take it. Default: the hook's first exact type.",
      }),
      data: t.arg({
        type: "JSON",
        description:
          'The event\'s data; null is data, too. Default: the example of its type. For a hook of format RESOURCE, {"id":"123"} names the resource that is sent.',
      }),
      waitMs: t.arg.int({
        description: "Milliseconds to wait for the delivery to end: 0 (default) to 15,000.",
      }),
    },
    resolve: (_root, { id, ...test }, context) =>
      withUserErrors(async () => ({ delivery: await testHook(context, id, test) })),
  }),
);
