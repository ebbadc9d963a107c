import type { DisableAfter } from "../../db/hook/hooks.ts";
import { builder } from "../builder/builder.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { Hook, loadStats } from "./hook.ts";

const HookHealthEnum = describedEnum("HookHealth", "How a hook's attempts go.", {
  HEALTHY: "The last attempts did not all fail.",
  FAILING: "At least 5 attempts failed in a row.",
  OPEN: "At least 10 attempts failed in a row, over at least 30 s: the breaker is open. Deliveries wait. One of them is sent as a probe, after 5 s and then at growing intervals up to 5 min, and uses up no try. A success closes the breaker.",
  DISABLED: "The hook is DISABLED (see `status`).",
});

const DisableAfterType = builder.objectRef<DisableAfter>("DisableAfter").implement({
  description: "When the hub disables a hook. Both limits must hold.",
  fields: (t) => ({
    failures: t.exposeInt("failures", {
      description: "At least so many attempts have failed in a row.",
    }),
    hours: t.exposeFloat("hours", {
      description: "At least so many hours have passed since the first of them.",
    }),
  }),
});

export const DisableAfterInput = builder.inputType("DisableAfterInput", {
  description:
    "When the hub disables a hook. Both limits must hold; they are looked at after each failed attempt.",
  fields: (t) => ({
    failures: t.int({
      required: true,
      description: "At least so many attempts have failed in a row: 1 or more.",
    }),
    hours: t.float({
      required: true,
      description: "At least so many hours have passed since the first of them: 0 to 87,600.",
    }),
  }),
});

builder.objectFields(Hook, (t) => ({
  health: t.field({
    type: HookHealthEnum,
    description: "How its attempts go.",
    resolve: async (hook, _args, context) => hook.health ?? (await loadStats(context, hook)).health,
  }),
  healthSince: t.field({
    type: "DateTime",
    description: "When its health last changed; first, when it was registered.",
    resolve: async (hook, _args, context) =>
      hook.healthSince ? new Date(hook.healthSince) : (await loadStats(context, hook)).healthSince,
  }),
  heldUntil: t.field({
    type: "DateTime",
    nullable: true,
    description:
      "Until then nothing is sent to the hook: its target asked for a pause by a 429 or 503 with Retry-After, or its breaker is open and the next probe is due then. Null if it is sent to.",
    resolve: async (hook, _args, context) => (await loadStats(context, hook)).heldUntil,
  }),
  disableAfter: t.expose("disableAfter", {
    type: DisableAfterType,
    nullable: true,
    description: "When the hub disables the hook; null for never.",
  }),
}));
