import { emitOne, longestWait } from "../../domain/emit/emitAndWait.ts";
import { registerHook, rejectDeleted, updateHook } from "../../domain/hook/hook.ts";
import { confirmHook } from "../../domain/hook/hookVerification.ts";
import { rotateHookSecret } from "../../domain/hookSecret/replaceHookSecret.ts";
import {
  deleteHook,
  enableHook,
  pauseHook,
  resumeHook,
} from "../../domain/hookStatus/hookStatus.ts";
import { resourceSubject } from "../../domain/resource/resourceSubject.ts";
import { userError } from "../../util/userError.ts";
import { builder } from "../builder/builder.ts";
import { withUserErrors } from "../builder/errors.ts";
import { EmitEventPayload } from "../event/emit.ts";
import { loadHook } from "./hook.ts";
import { RegisterHookInput, UpdateHookInput } from "./hookInputs.ts";
import { HookPayload, RegisterHookPayload, RotateHookSecretPayload } from "./hookPayloads.ts";

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
      "Resumes a hook. Its PARKED deliveries are due at once, and so is the next probe (`Hook.heldUntil`). A repeated call does the same. Errors: NOT_FOUND, NOT_ALLOWED_NOW.",
      resumeHook,
    ),
    enableHook: change(
      "Enables a hook that the hub has disabled: it is HEALTHY, and its PARKED deliveries are due at once. Errors: NOT_FOUND, NOT_ALLOWED_NOW.",
      enableHook,
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
        "Emits an event of the hook's first exact type. Every hook of that type receives it. Errors: as emitEvent; NOT_FOUND; NOT_ALLOWED_NOW if the hook is deleted or has only patterns.",
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
          if (!hook) throw userError("NOT_FOUND", `no hook ${args.id}`, ["id"]);
          rejectDeleted(hook);
          const type = hook.types.find((pattern) => pattern !== "*" && !pattern.endsWith(".*"));
          if (!type)
            throw userError(
              "NOT_ALLOWED_NOW",
              "the hook has only patterns, no exact type to emit",
              ["id"],
            );
          const waitMs = longestWait([args.waitMs], () => ["waitMs"]);
          const subject = await resourceSubject(context, hook, type, args.data);
          const { projectId } = context.caller;
          const audited = (event: string) =>
            ({
              projectId,
              action: "triggerHook",
              entity: ["Hook", hook.id],
              after: { type, event },
            }) as const;
          const input = { type, data: args.data, subject };
          return emitOne(context, input, "MANUAL", waitMs, { audited });
        }),
    }),
  };
});
