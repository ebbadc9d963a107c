import { type FlatEvent, readEvent } from "../../domain/event/readEvent.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";

const ReadEventPayload = payloadType<FlatEvent>(
  "ReadEventPayload",
  "A flat event, read; all is null when it is not in order.",
  (t) => ({
    type: t.exposeString("type", { nullable: true, description: "Its `type`." }),
    typeVersion: t.exposeInt("typeVersion", {
      nullable: true,
      description: "The version of the event type that it was checked against.",
    }),
    data: t.field({
      type: "JSON",
      nullable: true,
      description: "All its other fields, those that the type does not know, too.",
      resolve: ({ data }) => data,
    }),
    occurredAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Its `created_on`.",
      resolve: ({ occurredAt }) => occurredAt,
    }),
    stepUuid: t.exposeString("stepUuid", {
      nullable: true,
      description: "Its `step_uuid`, when it has one.",
    }),
  }),
);

builder.queryFields((t) => ({
  readEvent: t.field({
    type: ReadEventPayload,
    description:
      "Reads and checks one flat event, as hooks of the format EVENT receive it; stores nothing. Errors: INVALID, UNKNOWN_TYPE (also where the project takes unregistered types), DATA_INVALID.",
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
