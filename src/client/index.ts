import { writeJson } from "./bigJson.ts";
import type { Client } from "./client.ts";
import { emitAll, inputOf, PATIENCE_MS } from "./emit.ts";
import { createEmitQueue } from "./emitQueue.ts";
import { endpointOf } from "./endpoint.ts";
import { DELIVERY_FIELDS, EVENT_FIELDS } from "./eventTypes.ts";
import { createFollower } from "./follower.ts";
import { send } from "./request.ts";
import { withRetries } from "./retry.ts";

export type { Client, EmitInput } from "./client.ts";
export type { EmitOptions, Emitted } from "./emit.ts";
export type { Delivery, EventOf } from "./eventTypes.ts";
export { SignalboxError, type UserError } from "./signalboxError.ts";

/** A client of the hub at `url`, such as http://127.0.0.1:4000, with an API key of it. Throws TypeError. */
export function createClient<Events extends object = Record<string, unknown>>(options: {
  url: string;
  key: string;
}): Client<Events> {
  const endpoint = endpointOf(options);
  const { begun, follow } = createFollower(endpoint);
  const enqueue = createEmitQueue(endpoint, begun);
  return {
    emit: async (type, data, more) => enqueue(inputOf(type, data, more)),
    async emitMany(events) {
      const inputs = events.map(({ type, data, ...more }, index) =>
        inputOf(type, data, more, [String(index)]),
      );
      await begun();
      return emitAll(endpoint, inputs);
    },
    events: ({ after, signal, ...variables } = {}) =>
      follow(
        {
          query: `subscription ($after: String, $types: [String!], $contextId: String) {
  item: eventEmitted(after: $after, types: $types, contextId: $contextId) { cursor event { ${EVENT_FIELDS} } }
}`,
          variables,
        },
        after,
        signal,
      ),
    deliveries: ({ after, signal, ...variables } = {}) =>
      follow(
        {
          query: `subscription ($after: String, $eventId: ID, $hookId: ID, $status: [DeliveryStatus!]) {
  item: deliveryUpdated(after: $after, eventId: $eventId, hookId: $hookId, status: $status) { cursor delivery { ${DELIVERY_FIELDS} } }
}`,
          variables,
        },
        after,
        signal,
      ),
    async query<Data>(document: string, variables: object = {}) {
      const body = writeJson({ query: document, variables });
      const mayBeMutation = /\bmutation\b/.test(document);
      return withRetries(() => send<Data>(endpoint, body), {
        deadline: Date.now() + PATIENCE_MS,
        mayRetry: ({ isTransient, mayBeDone }) => isTransient && !(mayBeMutation && mayBeDone),
      });
    },
  };
}
