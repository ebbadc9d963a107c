import { builder } from "../builder/builder.ts";
import { ActionStyleEnum } from "./action.ts";

/** A button, as an emitter asks for it (Operational: "Sending actions in events"). */
export const ActionInput = builder.inputType("ActionInput", {
  description: "A button on an event.",
  fields: (t) => ({
    url: t.string({
      required: true,
      description:
        "An absolute http or https URL, at most 2,048 characters; unless external, private addresses are refused.",
    }),
    buttonText: t.string({ required: true, description: "1 to 48 characters." }),
    key: t.string({
      description: "Required unless external, unique in the event; 1 to 200 characters.",
    }),
    external: t.boolean({
      defaultValue: false,
      description: "Whether it only opens its url in a tab.",
    }),
    expireIn: t.int({
      defaultValue: 10_080,
      description:
        "Minutes from when the event is due, after which it cannot be pressed: 1 to 43,200. Best as small as is reasonable.",
    }),
    meta: t.field({
      type: "JSON",
      description: "Null, a string or an object, at most 64 KiB: sent along when it is pressed.",
    }),
    repeat: t.boolean({
      defaultValue: false,
      description: "Whether it may be pressed again when it is complete.",
    }),
    style: t.field({
      type: ActionStyleEnum,
      defaultValue: "DEFAULT",
      description: "How it is to look.",
    }),
  }),
});
