import type { ActionRow } from "../../db/action/actions.ts";
import {
  type PressRow,
  type PressStatus,
  pressesById,
  pressesPerAction,
} from "../../db/action/presses.ts";
import { pressAction } from "../../domain/action/press.ts";
import { pressBody } from "../../domain/action/pressRequest.ts";
import { longestWait, withWaitSlot } from "../../domain/emit/emitAndWait.ts";
import { builder, Node } from "../builder/builder.ts";
import { forgetLoaded } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";
import { Attempt, loadAttempts } from "../delivery/attempt.ts";
import { loadEvent } from "../event/event.ts";
import { childPage } from "../page/childPage.ts";
import { connectionType } from "../page/connection.ts";
import { rowLoader } from "../page/loaders.ts";
import { Action, loadAction } from "./action.ts";

const DEFAULT_WAIT_MS = 11_000;

const PressStatusEnum = describedEnum("PressStatus", "The state of a press.", {
  PENDING: "Accepted. The call is in progress or about to be made.",
  SUCCEEDED: "The target answered 200 or 201.",
  FAILED:
    "The target answered another status or did not answer within 10 s, or nothing was sent. `error` gives the reason.",
  UNKNOWN:
    "The process died after sending and before the answer arrived; the target may have received the press. The hub never sends it again by itself.",
} satisfies Record<PressStatus, string>);

/** A press of the caller's project. */
export const loadPress = rowLoader<PressRow>("press", pressesById);

const Press = builder.objectRef<PressRow>("Press").implement({
  description: "One press of an action: a single call that is never retried.",
  interfaces: [Node],
  fields: (t) => ({
    action: t.field({
      type: Action,
      description: "The action that was pressed.",
      resolve: async ({ actionId }, _args, context) => {
        const action = await loadAction(context, actionId);
        if (!action) throw new Error(`action ${actionId} is gone`);
        return action;
      },
    }),
    status: t.expose("status", { type: PressStatusEnum, description: "The current state." }),
    pressedBy: t.exposeString("pressedBy", {
      description: "The name of the API key that pressed the action, as of that time.",
    }),
    pressedAt: t.expose("pressedAt", {
      type: "DateTime",
      description: "When the press was accepted.",
    }),
    attempt: t.field({
      type: Attempt,
      nullable: true,
      description: "The call; null until it ends, or if nothing was sent.",
      resolve: async ({ id }, _args, context) => (await loadAttempts(context, id))[0] ?? null,
    }),
    error: t.exposeString("error", {
      nullable: true,
      description: "Why the press failed, in the form of `Action.lastError`; null otherwise.",
    }),
    requestBody: t.string({
      description: "The exact request body; also present if the press was never sent.",
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
    description: "The action's presses, newest first.",
    args: {
      first: t.arg.int({ description: "Page size: 0 to 100, default 20." }),
      after: t.arg.string({ description: "Return rows after this cursor." }),
    },
    resolve: ({ id }, args, context) =>
      childPage(context, "presses", id, args, (ids, request) =>
        context.read((sql) => pressesPerAction(sql, context.caller.projectId, ids, request)),
      ),
  }),
);

const PressActionInput = builder.inputType("PressActionInput", {
  description: "Which action to press.",
  fields: (t) => ({
    actionId: t.id({ required: true, description: "The action's id." }),
    confirm: t.boolean({
      required: true,
      description: "True after a person has confirmed the press; otherwise CONFIRMATION_REQUIRED.",
    }),
    waitMs: t.int({
      defaultValue: DEFAULT_WAIT_MS,
      description: "Milliseconds to wait for the press to end: 0 to 15,000, default 11,000.",
    }),
    idempotencyKey: t.string({
      description:
        "1 to 255 characters; kept as long as the press. The same key returns the same press and sends nothing. The same key for another action is IDEMPOTENCY_CONFLICT.",
    }),
  }),
});

const PressActionPayload = payloadType<{ press: PressRow; action: ActionRow }>(
  "PressActionPayload",
  "The result of pressAction.",
  (t) => ({
    press: t.field({
      type: Press,
      nullable: true,
      description: "The press. It is PENDING if it had not ended within `waitMs`.",
      resolve: ({ press }) => press,
    }),
    action: t.field({
      type: Action,
      nullable: true,
      description: "The action as it is now; also present if the press was rejected.",
      resolve: ({ action }) => action,
    }),
  }),
);

builder.mutationField("pressAction", (t) =>
  t.field({
    type: PressActionPayload,
    description:
      "Presses an action: calls its URL once, with a timeout of 10 s. 200 or 201 completes the action. Errors: CONFIRMATION_REQUIRED, NOT_FOUND, INVALID, IDEMPOTENCY_CONFLICT, ACTION_EXTERNAL, ACTION_EXPIRED, ACTION_COMPLETE, ACTION_BUSY; NOT_ALLOWED_NOW if the event is not due yet or is cancelled.",
    args: {
      input: t.arg({
        type: PressActionInput,
        required: true,
        description: "Which action to press.",
      }),
    },
    resolve: async (_root, { input }, context) => {
      const { caller, hub } = context;
      const payload = await withUserErrors(async () => {
        const waitMs = longestWait([input.waitMs ?? DEFAULT_WAIT_MS], () => ["waitMs"]);
        const press = await withWaitSlot(context, waitMs, async () => {
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
