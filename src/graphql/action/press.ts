import type { ActionRow } from "../../db/action/actions.ts";
import {
  type PressRow,
  type PressStatus,
  pressesById,
  pressesPerAction,
} from "../../db/action/presses.ts";
import { pressAction } from "../../domain/action/press.ts";
import { pressBody } from "../../domain/action/pressRequest.ts";
import { builder, Node } from "../builder/builder.ts";
import { forgetLoaded } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { Attempt, loadAttempts } from "../delivery/attempt.ts";
import { waitOf, withPlaceToWait } from "../event/emit.ts";
import { loadEvent } from "../event/event.ts";
import { childPage } from "../page/childPage.ts";
import { connectionType } from "../page/connection.ts";
import { rowLoader } from "../page/loaders.ts";
import { Action, loadAction } from "./action.ts";

const DEFAULT_WAIT_MS = 11_000;

const PressStatusEnum = describedEnum("PressStatus", "Where a press stands.", {
  PENDING: "Accepted; its call is under way or about to be made.",
  SUCCEEDED: "The target answered 200 or 201.",
  FAILED: "It answered something else, or not within 10 s; or nothing was sent (`error`).",
  UNKNOWN:
    "Sent, then the process died before the answer came: the target may have got it. Never sent again by itself.",
} satisfies Record<PressStatus, string>);

/** A press of the caller's project. */
export const loadPress = rowLoader<PressRow>("press", pressesById);

const Press = builder.objectRef<PressRow>("Press").implement({
  description: "One press of an action: one call, never tried again.",
  interfaces: [Node],
  fields: (t) => ({
    action: t.field({
      type: Action,
      description: "What was pressed.",
      resolve: async ({ actionId }, _args, context) => {
        const action = await loadAction(context, actionId);
        if (!action) throw new Error(`action ${actionId} is gone`);
        return action;
      },
    }),
    status: t.expose("status", { type: PressStatusEnum, description: "Where it stands." }),
    pressedBy: t.exposeString("pressedBy", {
      description: "The name of the API key it was pressed with, as it was then.",
    }),
    pressedAt: t.expose("pressedAt", { type: "DateTime", description: "When it was accepted." }),
    attempt: t.field({
      type: Attempt,
      nullable: true,
      description: "The call; null until it is over, and when nothing was sent.",
      resolve: async ({ id }, _args, context) => (await loadAttempts(context, id))[0] ?? null,
    }),
    error: t.exposeString("error", {
      nullable: true,
      description: "What went wrong, as in the action's `lastError` of then.",
    }),
    requestBody: t.string({
      description: "The body, byte for byte, as it is sent; also of a press that never was.",
      resolve: async ({ id: pressId, actionId, pressedBy, pressedAt }, _args, context) => {
        const action = await loadAction(context, actionId);
        const event = action && (await loadEvent(context, action.eventId));
        if (!event) throw new Error(`action ${actionId} is gone`);
        return pressBody({ action, event, pressId, pressedBy, pressedAt });
      },
    }),
  }),
});

const PressConnection = connectionType("Press", Press);

builder.objectField(Action, "presses", (t) =>
  t.field({
    type: PressConnection,
    description: "Who pressed it, newest first.",
    args: {
      first: t.arg.int({ description: "How many: 0 to 100, default 20." }),
      after: t.arg.string({ description: "The cursor to go on after." }),
    },
    resolve: ({ id }, args, context) =>
      childPage(context, "presses", id, args, (ids, request) =>
        context.read((sql) => pressesPerAction(sql, context.caller.projectId, ids, request)),
      ),
  }),
);

const PressActionInput = builder.inputType("PressActionInput", {
  description: "A press of a button.",
  fields: (t) => ({
    actionId: t.id({ required: true, description: "The action's id." }),
    confirm: t.boolean({
      required: true,
      description: "true, when a person has confirmed it; else CONFIRMATION_REQUIRED.",
    }),
    waitMs: t.int({
      defaultValue: DEFAULT_WAIT_MS,
      description: "0 to 15,000 (11,000): answer when the press has ended, or then.",
    }),
    idempotencyKey: t.string({
      description:
        "1 to 255 characters, kept as long as the press. The same key again: the same press, and nothing is sent. For another action: IDEMPOTENCY_CONFLICT.",
    }),
  }),
});

const PressActionPayload = payloadType<{ press: PressRow; action: ActionRow }>(
  "PressActionPayload",
  "What pressAction answers.",
  (t) => ({
    press: t.field({
      type: Press,
      nullable: true,
      description: "The press, ended, or under way still when `waitMs` was over.",
      resolve: ({ press }) => press,
    }),
    action: t.field({
      type: Action,
      nullable: true,
      description: "The action as it is now; of one that refused the press, too.",
      resolve: ({ action }) => action,
    }),
  }),
);

builder.mutationField("pressAction", (t) =>
  t.field({
    type: PressActionPayload,
    description:
      "Presses an action: its url is called once, within 10 s, and 200 or 201 completes it. Errors: CONFIRMATION_REQUIRED, NOT_FOUND, INVALID, IDEMPOTENCY_CONFLICT, ACTION_EXTERNAL, ACTION_EXPIRED, ACTION_COMPLETE, ACTION_BUSY; NOT_ALLOWED_NOW before its event is due, and when that is cancelled.",
    args: {
      input: t.arg({ type: PressActionInput, required: true, description: "The press." }),
    },
    resolve: async (_root, { input }, context) => {
      const { caller, hub } = context;
      const payload = await withUserErrors(async () => {
        const waitMs = waitOf([input.waitMs ?? DEFAULT_WAIT_MS], () => ["waitMs"]);
        const press = await withPlaceToWait(context, waitMs, async () => {
          const pressed = await pressAction(hub.presses, caller, input);
          if (pressed.status === "PENDING" && waitMs > 0)
            await hub.waitForPresses(caller.projectId, [pressed.id], waitMs, context.ended);
          return pressed;
        });
        forgetLoaded(context);
        return { press: (await loadPress(context, press.id)) ?? press };
      });
      const action = await loadAction(context, input.actionId);
      return action ? { ...payload, action } : payload;
    },
  }),
);
