import { type FlatEvent, readEvent } from "../../domain/event/readEvent.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";

const ReadEventPayload = payloadType<FlatEvent>(
  "ReadEventPayload",
  "A parsed flat event. All fields are null if it is invalid.",
  (t) => ({
    type: t.exposeString("type", { nullable: true, description: "The event's `type`." }),
    typeVersion: t.exposeInt("typeVersion", {
      nullable: true,
      description: "The version of the event type that it was validated against.",
    }),
    data: t.field({
      type: "JSON",
      nullable: true,
      description: "All other fields, including those that the type's schema does not name.",
      resolve: ({ data }) => data,
    }),
    occurredAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "The event's `created_on`.",
      resolve: ({ occurredAt }) => occurredAt,
    }),
    stepUuid: t.exposeString("stepUuid", {
      nullable: true,
      description: "The event's `step_uuid`, if present.",
    }),
  }),
);

builder.queryFields((t) => ({
  readEvent: t.field({
    type: ReadEventPayload,
    description:
      "Parses and validates one flat event, in the format that hooks of format EVENT receive. Stores nothing. Errors: INVALID, DATA_INVALID; UNKNOWN_TYPE even if the project accepts unregistered types.",
    args: {
      json: t.arg({
        type: "JSON",
        required: true,
        description: 'The event: {"type":…, "created_on":…, "step_uuid"?:…, …data\'s fields}.',
      }),
    },
    resolve: (_root, { json }, { caller, hub }) =>
      withUserErrors(async () => {
        const config = (await hub.configs.current([caller.projectId])).get(caller.projectId);
        if (!config) throw new Error(`no project ${caller.projectId}`);
        return readEvent(config, hub.programs.schemas, json);
      }),
  }),
}));
