import type { HookRow } from "../../db/hook/hooks.ts";
import {
  deleteHook,
  pauseHook,
  registerHook,
  resumeHook,
  rotateHookSecret,
  updateHook,
} from "../../domain/hook/hook.ts";
import { confirmHook } from "../../domain/hook/hookVerification.ts";
import { userError } from "../../util/userError.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { EmitEventPayload, emitOne, waitOf } from "../event/emit.ts";
import { resourceSubject } from "../resource/resourceType.ts";
import { Hook, HookFormatEnum, HookVerificationEnum, loadHook } from "./hook.ts";

const RegisterHookInput = builder.inputType("RegisterHookInput", {
  description: "A hook to register.",
  fields: (t) => ({
    url: t.string({
      required: true,
      description: "http or https, at most 2,048 characters; private addresses are refused.",
    }),
    types: t.stringList({
      required: true,
      description:
        "1 to 100: exact types, `*`, or prefixes such as `ticket.*`. `*` does not take events of origin SYSTEM (`Project.systemEvents`): name them. With format RESOURCE, exact types of a resource type.",
    }),
    name: t.string({ description: "Unique among the project's live hooks; 1 to 200 characters." }),
    format: t.field({
      type: HookFormatEnum,
      defaultValue: "CLOUD_EVENT",
      description: "What body it gets.",
    }),
    filter: t.string({
      description:
        "A CEL expression over `event`, such as `event.data.amount > 10`; at most 2,000 characters.",
    }),
    userId: t.string({ description: "Only this user's events." }),
    retries: t.int({ defaultValue: 3, description: "Further tries after the first: 0 to 20." }),
    timeoutMs: t.int({
      defaultValue: 5_000,
      description: "For connecting, headers and body together: 100 to 60,000 ms.",
    }),
    retryScheduleMs: t.intList({
      description:
        "1 to 20 waits of 100 ms to 24 h, the last repeated; the default is 5 s, ×3 up to 1 h.",
    }),
    headers: t.field({
      type: "JSON",
      description: "At most 20 headers of its own, as an object of strings; sealed at rest.",
    }),
    unsubscribeOn: t.intList({
      description:
        "Status codes by which the target deletes the hook; [401, 410] for RESOURCE, [410] for the CloudEvents 1.0 formats, else none.",
    }),
    maxInFlight: t.int({ description: "Calls at the same time: 1 to 256, default 16." }),
    rateLimitPerSecond: t.int({ description: "Calls a second: 1 to 10,000; none when absent." }),
    verification: t.field({
      type: HookVerificationEnum,
      defaultValue: "NONE",
      description:
        "Whether the target has to consent first: the hook is then PENDING_VERIFICATION until it does.",
    }),
    secret: t.string({
      description: "whsec_ and the base64 of 24 to 64 bytes; generated when absent.",
    }),
  }),
});

const UpdateHookInput = builder.inputType("UpdateHookInput", {
  description: "What to change; what is absent stays, null clears what may be absent.",
  fields: (t) => ({
    url: t.string({
      description:
        "As in RegisterHookInput. A hook with `verification` asks the new target, or while it waits for consent the same one again.",
    }),
    types: t.stringList({ description: "As in RegisterHookInput." }),
    name: t.string({ description: "As in RegisterHookInput; null takes it away." }),
    format: t.field({
      type: HookFormatEnum,
      description:
        "For events matched from now on. `unsubscribeOn` follows when it was the default of the old format.",
    }),
    filter: t.string({ description: "As in RegisterHookInput; null takes it away." }),
    userId: t.string({ description: "As in RegisterHookInput; null takes it away." }),
    retries: t.int({ description: "For events matched from now on: 0 to 20." }),
    timeoutMs: t.int({ description: "As in RegisterHookInput." }),
    retryScheduleMs: t.intList({ description: "As in RegisterHookInput; null gives the default." }),
    headers: t.field({ type: "JSON", description: "All its headers anew; null takes them away." }),
    unsubscribeOn: t.intList({ description: "As in RegisterHookInput." }),
    maxInFlight: t.int({ description: "As in RegisterHookInput." }),
    rateLimitPerSecond: t.int({
      description: "As in RegisterHookInput; null takes the limit away.",
    }),
  }),
});

const secretPayload = (name: string, description: string) =>
  payloadType<{ hook: HookRow; secret: string }>(name, description, (t) => ({
    hook: t.field({
      type: Hook,
      nullable: true,
      description: "The hook.",
      resolve: ({ hook }) => hook,
    }),
    secret: t.string({
      nullable: true,
      description: "whsec_…: signs what the hook receives (Standard Webhooks). Shown here once.",
      resolve: ({ secret }) => secret,
    }),
  }));

const RegisterHookPayload = secretPayload("RegisterHookPayload", "What registerHook answers.");
const RotateHookSecretPayload = secretPayload(
  "RotateHookSecretPayload",
  "What rotateHookSecret answers.",
);
const HookPayload = payloadType<{ hook: HookRow }>(
  "HookPayload",
  "What changes of a hook answer.",
  (t) => ({
    hook: t.field({
      type: Hook,
      nullable: true,
      description: "The hook as it is now.",
      resolve: ({ hook }) => hook,
    }),
  }),
);

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: "The hook's id." });
  const change = (description: string, run: typeof pauseHook) =>
    t.field({
      type: HookPayload,
      description,
      args: { id },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(async () => ({ hook: await run(hub.hooks, caller.projectId, args.id) })),
    });
  return {
    registerHook: t.field({
      type: RegisterHookPayload,
      description:
        "Registers a hook, ACTIVE at once unless `verification` asks for a handshake. Errors: INVALID, FILTER_INVALID, TARGET_REFUSED, UNKNOWN_TYPE (format RESOURCE and a type of no resource), NAME_TAKEN, LIMIT_REACHED.",
      args: { input: t.arg({ type: RegisterHookInput, required: true, description: "The hook." }) },
      resolve: (_root, { input }, { caller, hub }) =>
        withUserErrors(() => registerHook(hub.hooks, caller.projectId, input)),
    }),
    updateHook: t.field({
      type: HookPayload,
      description:
        "Changes a hook; counters stay. The next attempt goes to the new URL. Errors: as registerHook, NOT_FOUND, NOT_ALLOWED_NOW.",
      args: {
        id,
        input: t.arg({ type: UpdateHookInput, required: true, description: "The changes." }),
      },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(async () => ({
          hook: await updateHook(hub.hooks, caller.projectId, args.id, args.input),
        })),
    }),
    pauseHook: change(
      "Pauses a hook: what it matches is PARKED. Errors: NOT_FOUND, NOT_ALLOWED_NOW.",
      pauseHook,
    ),
    resumeHook: change(
      "Resumes a hook: what was PARKED is due at once. Errors: NOT_FOUND, NOT_ALLOWED_NOW.",
      resumeHook,
    ),
    deleteHook: change(
      "Deletes a hook for good; what waits for it is CANCELLED. Errors: NOT_FOUND.",
      deleteHook,
    ),
    confirmHook: t.field({
      type: HookPayload,
      description:
        "Activates a hook with HOOK_SECRET verification by the X-Hook-Secret that its target was sent; again, nothing happens. Errors: NOT_FOUND, INVALID for another secret, NOT_ALLOWED_NOW.",
      args: {
        id,
        secret: t.arg.string({ required: true, description: "The header's value." }),
      },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(async () => ({
          hook: await confirmHook(hub.hooks, caller.projectId, args.id, args.secret),
        })),
    }),
    rotateHookSecret: t.field({
      type: RotateHookSecretPayload,
      description:
        "Gives a hook a new secret; the old one signs beside it for a while. Errors: INVALID, NOT_FOUND, NOT_ALLOWED_NOW.",
      args: {
        id,
        overlapHours: t.arg.int({
          defaultValue: 24,
          description: "How long the old secret stays valid: 0 to 168 hours.",
        }),
      },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(() =>
          rotateHookSecret(hub.hooks, caller.projectId, args.id, args.overlapHours ?? 24),
        ),
    }),
    triggerHook: t.field({
      type: EmitEventPayload,
      description:
        "Emits the hook's first type by hand, so that every hook of that type fires. Errors: as emitEvent, NOT_FOUND, NOT_ALLOWED_NOW for a hook of patterns alone.",
      args: {
        id,
        data: t.arg({
          type: "JSON",
          description:
            'The event\'s data; of a hook of format RESOURCE, {"id":"123"} says which resource it is about.',
        }),
        waitMs: t.arg.int({
          description: "0 (default) to 15,000: answer when every delivery has ended, or then.",
        }),
      },
      resolve: (_root, args, context) =>
        withUserErrors(async () => {
          const hook = await loadHook(context, args.id);
          if (!hook || hook.status === "DELETED")
            throw userError("NOT_FOUND", `no hook ${args.id}`, ["id"]);
          const type = hook.types.find((pattern) => pattern !== "*" && !pattern.endsWith(".*"));
          if (!type)
            throw userError(
              "NOT_ALLOWED_NOW",
              "the hook names no exact type to emit, only patterns",
              ["id"],
            );
          const waitMs = waitOf([args.waitMs], () => ["waitMs"]);
          const subject = await resourceSubject(context, hook, type, args.data);
          return emitOne(context, { type, data: args.data, subject }, "MANUAL", waitMs);
        }),
    }),
  };
});
