import { builder } from "../builder/builder.ts";
import { Hook, loadHook } from "../hook/hook.ts";
import { Event } from "./event.ts";

builder.objectFields(Event, (t) => ({
  broadcast: t.boolean({
    description: "Whether it is for the hooks of all users, whatever their `userId`.",
    resolve: ({ broadcast }) => broadcast ?? false,
  }),
  targetHook: t.field({
    type: Hook,
    nullable: true,
    description:
      "The one hook that it is for: by `hookId`, or by testHook and triggerHook. Null if it is for all hooks that match it.",
    resolve: async ({ targetHookId, onlyHookId }, _args, context) => {
      const id = targetHookId ?? onlyHookId;
      return (id !== null && (await loadHook(context, id))) || null;
    },
  }),
}));
