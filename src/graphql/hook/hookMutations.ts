import { emitOne, longestWait } from "../../domain/emit/emitAndWait.ts";
import {
  deleteHook,
  pauseHook,
  registerHook,
  resumeHook,
  updateHook,
} from "../../domain/hook/hook.ts";
import { confirmHook } from "../../domain/hook/hookVerification.ts";
import { rotateHookSecret } from "../../domain/hookSecret/replaceHookSecret.ts";
import { resourceSubject } from "../../domain/resource/resourceSubject.ts";
import { userError } from "../../util/userError.ts";
import { builder } from "../builder/builder.ts";
import { withUserErrors } from "../builder/errors.ts";
import { EmitEventPayload } from "../event/emit.ts";
import { HookFormatEnum, HookVerificationEnum, loadHook, SignatureEnum } from "./hook.ts";
import { HookPayload, RegisterHookPayload, RotateHookSecretPayload } from "./hookPayloads.ts";
import { OrderFailureEnum } from "./orderFailure.ts";

const RegisterHookInput = builder.inputType("RegisterHookInput", {
  description: "The hook to register.",
  fields: (t) => ({
    url: t.string({
      required: true,
      description:
        "An http or https URL, at most 2,048 characters. Private addresses are rejected with TARGET_REFUSED.",
    }),
    types: t.stringList({
      required: true,
      description:
        "1 to 100 event types: exact types, `*`, or prefixes such as `ticket.*`. Patterns do not match events of origin SYSTEM (see `Project.systemEvents`): give their exact types. With format RESOURCE, only exact types that belong to a resource type.",
    }),
    name: t.string({
      description:
        "A name, unique among the project's hooks that are not deleted; 1 to 200 characters.",
    }),
    description: t.string({
      description: "What the hook is for; at most 4,000 characters. It is never sent.",
    }),
    metadata: t.field({
      type: "JSON",
      description:
        'An object with facts about the hook, such as {"team": "billing"}; at most 16 KiB. It is never sent.',
    }),
    channels: t.stringList({
      description:
        "Match only events that have one of these 1 to 10 channels; each 1 to 128 characters. Default: all events.",
    }),
    format: t.field({
      type: HookFormatEnum,
      defaultValue: "CLOUD_EVENT",
      description: "The format of the requests.",
    }),
    filter: t.string({
      description:
        "A CEL expression over `event`, such as `event.data.amount > 10`; at most 2,000 characters.",
    }),
    userId: t.string({ description: "Match only events of this user. Default: all events." }),
    retries: t.int({ defaultValue: 3, description: "Retries after the first attempt: 0 to 20." }),
    timeoutMs: t.int({
      defaultValue: 5_000,
      description:
        "Timeout of one attempt in milliseconds, for connecting, headers and body together: 100 to 60,000.",
    }),
    retryScheduleMs: t.intList({
      description:
        "Milliseconds to wait before each retry: 1 to 20 values of 100 ms to 24 h; the last one repeats. Default: 5 s, then ×3 up to 1 h.",
    }),
    headers: t.field({
      type: "JSON",
      description:
        "Up to 20 additional request headers, as an object of strings; stored encrypted.",
    }),
    unsubscribeOn: t.intList({
      description:
        "Response status codes that delete the hook. Default: [401, 410] for RESOURCE, [410] for the CloudEvents 1.0 formats, otherwise none.",
    }),
    maxInFlight: t.int({
      description: "Maximum number of concurrent requests: 1 to 256, default 16.",
    }),
    rateLimitPerSecond: t.int({
      description: "Maximum number of requests per second: 1 to 10,000. Default: no limit.",
    }),
    orderBy: t.string({
      description:
        "A CEL expression over `event` that yields a text, such as `event.data.customerId`; at most 2,000 characters. Deliveries with the same text are sent one after the other, in the order in which the events were accepted. An event for which it yields null, an empty text or nothing has no order. Default: no order.",
    }),
    onOrderFailure: t.field({
      type: OrderFailureEnum,
      defaultValue: "BLOCK",
      description: "What follows when a delivery with a key has used up its attempts.",
    }),
    verification: t.field({
      type: HookVerificationEnum,
      defaultValue: "NONE",
      description:
        "How the target has to consent. Except with NONE, the hook is PENDING_VERIFICATION until it does.",
    }),
    paused: t.boolean({
      defaultValue: false,
      description:
        "Register it as PAUSED: it is never ACTIVE before resumeHook. Not with a `verification`.",
    }),
    signature: t.field({
      type: SignatureEnum,
      defaultValue: "HMAC_SHA256",
      description: "How requests are signed.",
    }),
    secret: t.string({
      description:
        "The signing secret: `whsec_` and the base64 of 24 to 64 bytes; with signature ED25519 the private key, `whsk_` and the base64 of the 32-byte seed and the 32-byte public key (or of the seed alone). Default: generated.",
    }),
  }),
});

const UpdateHookInput = builder.inputType("UpdateHookInput", {
  description: "The changes. Absent fields keep their value; null clears an optional field.",
  fields: (t) => ({
    url: t.string({
      description:
        "As in RegisterHookInput. If the hook has a `verification`, the hub asks the new target for consent. A hook that still waits for consent asks again even if the URL is unchanged.",
    }),
    types: t.stringList({ description: "As in RegisterHookInput." }),
    name: t.string({ description: "As in RegisterHookInput; null removes it." }),
    description: t.string({ description: "As in RegisterHookInput; null removes it." }),
    metadata: t.field({
      type: "JSON",
      description: "As in RegisterHookInput; null removes it.",
    }),
    channels: t.stringList({ description: "As in RegisterHookInput; null removes them." }),
    format: t.field({
      type: HookFormatEnum,
      description:
        "Applies to events matched from now on. If `unsubscribeOn` was the default of the old format, it becomes that of the new one.",
    }),
    filter: t.string({ description: "As in RegisterHookInput; null removes it." }),
    userId: t.string({ description: "As in RegisterHookInput; null removes it." }),
    retries: t.int({
      description:
        "Retries after the first attempt: 0 to 20. Applies to events matched from now on.",
    }),
    timeoutMs: t.int({ description: "As in RegisterHookInput." }),
    retryScheduleMs: t.intList({
      description: "As in RegisterHookInput; null restores the default.",
    }),
    headers: t.field({ type: "JSON", description: "Replaces all headers; null removes them." }),
    unsubscribeOn: t.intList({ description: "As in RegisterHookInput." }),
    maxInFlight: t.int({ description: "As in RegisterHookInput." }),
    rateLimitPerSecond: t.int({
      description: "As in RegisterHookInput; null removes the limit.",
    }),
    orderBy: t.string({
      description:
        "As in RegisterHookInput; null removes the order. Applies to events matched from now on.",
    }),
    onOrderFailure: t.field({
      type: OrderFailureEnum,
      description: "As in RegisterHookInput; applies to deliveries that fail from now on.",
    }),
    signature: t.field({
      type: SignatureEnum,
      description:
        "Another one than the hook has makes a new key of that kind at once; the old keys sign, too, for 24 hours. HMAC_SHA256: see `HookPayload.secret`. ED25519: see `Hook.publicKey`.",
    }),
  }),
});

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
        "Registers a hook. It is ACTIVE at once unless it is `paused` or `verification` requires a handshake. Errors: INVALID; FILTER_INVALID; TARGET_REFUSED; UNKNOWN_TYPE if the format is RESOURCE and a type belongs to no resource type; NAME_TAKEN; LIMIT_REACHED.",
      args: { input: t.arg({ type: RegisterHookInput, required: true, description: "The hook." }) },
      resolve: (_root, { input }, { caller, hub }) =>
        withUserErrors(() => registerHook(hub.hooks, caller.projectId, input)),
    }),
    updateHook: t.field({
      type: HookPayload,
      description:
        "Changes a hook; its counters stay. The next attempt uses the new URL. Errors: as registerHook, NOT_FOUND, NOT_ALLOWED_NOW.",
      args: {
        id,
        input: t.arg({ type: UpdateHookInput, required: true, description: "The changes." }),
      },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(() => updateHook(hub.hooks, caller.projectId, args.id, args.input)),
    }),
    pauseHook: change(
      "Pauses a hook. Its deliveries are PARKED. Errors: NOT_FOUND, NOT_ALLOWED_NOW.",
      pauseHook,
    ),
    resumeHook: change(
      "Resumes a hook. Its PARKED deliveries are due at once. Errors: NOT_FOUND, NOT_ALLOWED_NOW.",
      resumeHook,
    ),
    deleteHook: change(
      "Deletes a hook. It cannot be restored. Its waiting deliveries are CANCELLED. Errors: NOT_FOUND.",
      deleteHook,
    ),
    confirmHook: t.field({
      type: HookPayload,
      description:
        "Activates a hook with HOOK_SECRET verification, given the X-Hook-Secret that its target received. Repeating the call has no effect. Errors: NOT_FOUND; INVALID for a wrong secret; NOT_ALLOWED_NOW.",
      args: {
        id,
        secret: t.arg.string({
          required: true,
          description: "The value of the header X-Hook-Secret.",
        }),
      },
      resolve: (_root, args, { caller, hub }) =>
        withUserErrors(async () => ({
          hook: await confirmHook(hub.hooks, caller.projectId, args.id, args.secret),
        })),
    }),
    rotateHookSecret: t.field({
      type: RotateHookSecretPayload,
      description:
        "Replaces a hook's signing secret by a new one of the same kind. During the overlap, requests are signed with both. Errors: INVALID, NOT_FOUND, NOT_ALLOWED_NOW.",
      args: {
        id,
        overlapHours: t.arg.int({
          defaultValue: 24,
          description: "Hours during which the old secret is also used: 0 to 168.",
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
        "Emits an event of the hook's first exact type. Every hook of that type receives it. Errors: as emitEvent; NOT_FOUND; NOT_ALLOWED_NOW if the hook has only patterns.",
      args: {
        id,
        data: t.arg({
          type: "JSON",
          description:
            'The event\'s data. For a hook of format RESOURCE, {"id":"123"} names the resource that the event is about.',
        }),
        waitMs: t.arg.int({
          description: "Milliseconds to wait for all deliveries to end: 0 (default) to 15,000.",
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
              "the hook has only patterns, no exact type to emit",
              ["id"],
            );
          const waitMs = longestWait([args.waitMs], () => ["waitMs"]);
          const subject = await resourceSubject(context, hook, type, args.data);
          return emitOne(context, { type, data: args.data, subject }, "MANUAL", waitMs);
        }),
    }),
  };
});
