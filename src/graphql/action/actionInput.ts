import { builder } from "../builder/builder.ts";
import { ActionStyleEnum } from "./action.ts";

/** A button, in the format that emitters already use (Operational: "Sending actions in events"). */
export const ActionInput = builder.inputType("ActionInput", {
  description: "A button on an event.",
  fields: (t) => ({
    url: t.string({
      required: true,
      description:
        "An absolute http or https URL, at most 2,048 characters. Unless `external` is true, private addresses are rejected with TARGET_REFUSED.",
    }),
    buttonText: t.string({
      required: true,
      description: "The button's label; 1 to 48 characters.",
    }),
    key: t.string({
      description:
        "Required unless `external` is true. Unique within the event; 1 to 200 characters.",
    }),
    external: t.boolean({
      defaultValue: false,
      description: "Whether the action only opens its URL in a browser tab.",
    }),
    expireIn: t.int({
      defaultValue: 10_080,
      description:
        "Minutes from the event's due time until the action expires: 1 to 43,200. Choose the smallest value that works for you.",
    }),
    meta: t.field({
      type: "JSON",
      description: "Null, a string or an object, at most 64 KiB; sent with each press.",
    }),
    repeat: t.boolean({
      defaultValue: false,
      description: "Whether the action may be pressed again after it is COMPLETE.",
    }),
    style: t.field({
      type: ActionStyleEnum,
      defaultValue: "DEFAULT",
      description: "How to display the button.",
    }),
  }),
});
