import { expungeEvent, expungeUser } from "../../domain/event/expunge.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";

const answer = {
  type: "object",
  required: ["events"],
  properties: {
    events: {
      type: "integer",
      description: "The number of events with content that were found.",
    },
  },
};

export const expungeEndpoints: Endpoint[] = [
  endpoint({
    method: "DELETE",
    path: "/v1/events/{id}/content",
    operation: "Mutation.expungeEvent",
    summary:
      "Erases the content of an event for good: data, content, buttons, request and response headers and bodies.",
    answer,
    async handle({ context: { caller, hub }, params: { id = "" } }) {
      const { projectId, keyName } = caller;
      return { body: { events: await expungeEvent(hub.db.sql, projectId, id, keyName) } };
    },
  }),
  endpoint({
    method: "DELETE",
    path: "/v1/users/{userId}/content",
    operation: "Mutation.expungeUser",
    summary: "Erases the content of all events of a user that were emitted until now.",
    answer,
    async handle({ context: { caller, hub }, params: { userId = "" } }) {
      const { projectId, keyName } = caller;
      return { body: { events: await expungeUser(hub.db.sql, projectId, userId, keyName) } };
    },
  }),
];
