import { enableHook } from "../../domain/hook/hook.ts";
import { builder } from "../builder/builder.ts";
import { withUserErrors } from "../builder/errors.ts";
import { HookPayload } from "./hookMutations.ts";

builder.mutationField("enableHook", (t) =>
  t.field({
    type: HookPayload,
    description:
      "Enables a hook that the hub has disabled: it is HEALTHY, and its PARKED deliveries are due at once. Errors: NOT_FOUND, NOT_ALLOWED_NOW.",
    args: { id: t.arg.id({ required: true, description: "The hook's id." }) },
    resolve: (_root, { id }, { caller, hub }) =>
      withUserErrors(async () => ({ hook: await enableHook(hub.hooks, caller.projectId, id) })),
  }),
);
