import type { Route } from "../../http/door/door.ts";

/** Thrown for a field of a served path that is not served. */
export class NotServed extends Error {
  override name = "NotServed" as const;
}

export const notImplemented = (detail: string) => ({
  status: 501,
  body: { code: "not_implemented", detail },
});

const transformation =
  "Transformations are not served: a template or selection, set by GraphQL's updateHook, makes the body instead.";
const streams = "Svix Stream is not served: follow events by GraphQL subscriptions instead.";
const destinations = "Destinations other than URLs are not served.";
const portal =
  "The application portal is not served: there are no tokens for an application's own users.";
const erasure =
  "Contents are erased with their message (DELETE …/msg/{msg_id}/content), or all of a user's (expungeUser).";
const statistics =
  "Statistics of an environment are at GET /v1/statistics; an endpoint has its own stats.";

/** Paths of Svix's API that are not served, with the reason. `{rest*}` stands for one or more segments. */
const notServed: readonly (readonly [path: string, reason: string])[] = [
  ["/api/v1/app/{app_id}/endpoint/{endpoint_id}/transformation", transformation],
  ["/api/v1/app/{app_id}/endpoint/{endpoint_id}/transformation/{rest*}", transformation],
  [
    "/api/v1/app/{app_id}/endpoint/{endpoint_id}/replay-missing",
    "Messages that an endpoint never got are sent by GraphQL: backfillHook.",
  ],
  [
    "/api/v1/app/{app_id}/endpoint/{endpoint_id}/bulk-replay",
    "Use recover or resend for messages that the endpoint got, and GraphQL's backfillHook for others.",
  ],
  [
    "/api/v1/app/{app_id}/endpoint/{endpoint_id}/cancel-msgs",
    "Messages of an endpoint are not cancelled one by one: delete the endpoint.",
  ],
  [
    "/api/v1/app/{app_id}/endpoint/{endpoint_id}/oauth",
    "OAuth of an endpoint is set by GraphQL: updateHook with auth.oauth2.",
  ],
  [
    "/api/v1/app/{app_id}/endpoint/{endpoint_id}/oauth-config",
    "OAuth of an endpoint is set by GraphQL: updateHook with auth.oauth2.",
  ],
  [
    "/api/v1/app/{app_id}/endpoint/{endpoint_id}/mtls",
    "A client certificate of an endpoint is set by GraphQL: updateHook with auth.mtls.",
  ],
  [
    "/api/v1/app/{app_id}/endpoint/{endpoint_id}/mtls-config",
    "A client certificate of an endpoint is set by GraphQL: updateHook with auth.mtls.",
  ],
  [
    "/api/v1/app/{app_id}/endpoint/{endpoint_id}/ca",
    "Certificate authorities of an endpoint are set by GraphQL: updateHook with auth.ca.",
  ],
  ["/api/v1/app/{app_id}/endpoint/{endpoint_id}/connector", "Connectors are not served."],
  ["/api/v1/app/{app_id}/endpoint/{endpoint_id}/connector/{rest*}", "Connectors are not served."],
  [
    "/api/v1/app/{app_id}/endpoint/{endpoint_id}/rate-limit-status",
    "The state of a rate limit is not served.",
  ],
  [
    "/api/v1/app/{app_id}/endpoint/{endpoint_id}/auto-config",
    "Automatic configuration is not served.",
  ],
  [
    "/api/v1/app/{app_id}/endpoint/{endpoint_id}/auto-config/{rest*}",
    "Automatic configuration is not served.",
  ],
  [
    "/api/v1/app/{app_id}/endpoint/{endpoint_id}/msg/test-attempt",
    "Attempts without a message are not served: use send-example.",
  ],
  ["/api/v1/app/{app_id}/auto-config", "Automatic configuration is not served."],
  [
    "/api/v1/app/{app_id}/alert-email",
    "Alerts are hooks here: one for hook.* with a mailto: URL, by GraphQL's registerHook.",
  ],
  ["/api/v1/app/{app_id}/stats/attempts", statistics],
  ["/api/v1/app/stats/count-active", statistics],
  [
    "/api/v1/app/{app_id}/attempt/endpoint/{endpoint_id}/count",
    "Attempts are not counted by filter: see the endpoint's stats.",
  ],
  ["/api/v1/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}/content", erasure],
  [
    "/api/v1/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}/headers",
    "An attempt's headers are in GraphQL: Attempt.requestHeaders.",
  ],
  [
    "/api/v1/app/{app_id}/msg/{msg_id}/raw",
    "A message has its payload only as JSON: get the message.",
  ],
  ["/api/v1/app/{app_id}/msg/bulk-expunge", erasure],
  ["/api/v1/app/{app_id}/msg/expunge-all-contents", erasure],
  ["/api/v1/app/{app_id}/msg/search", "Messages are searched by GraphQL: events(search:)."],
  [
    "/api/v1/app/{app_id}/msg/precheck/active",
    "Whether a message would be sent is shown by GraphQL: previewHook.",
  ],
  [
    "/api/v1/app/{app_id}/events",
    "Polling is not served here: read GET /v1/events, or subscribe by GraphQL.",
  ],
  [
    "/api/v1/app/{app_id}/poller/{rest*}",
    "Polling is not served here: read GET /v1/events, or subscribe by GraphQL.",
  ],
  [
    "/api/v1/app/{app_id}/polling-endpoint/{rest*}",
    "Polling is not served here: read GET /v1/events, or subscribe by GraphQL.",
  ],
  ["/api/v1/app/{app_id}/integration", "Integrations are not served: make an API key."],
  ["/api/v1/app/{app_id}/integration/{rest*}", "Integrations are not served: make an API key."],
  ["/api/v1/app/{app_id}/destination", destinations],
  ["/api/v1/app/{app_id}/destination/{rest*}", destinations],
  ["/api/v1/app/{app_id}/stream/{rest*}", streams],
  ["/api/v1/app/{app_id}/inbound/{rest*}", "Inbound webhooks are not served."],
  ["/api/v1/auth/{rest*}", portal],
  [
    "/api/v1/background-task",
    "Background tasks are not listed: a recovery is a replay in GraphQL.",
  ],
  [
    "/api/v1/background-task/{task_id}",
    "Background tasks are not served: a recovery is a replay in GraphQL, under the same id.",
  ],
  ["/api/v1/connector", "Connectors are not served."],
  ["/api/v1/connector/{rest*}", "Connectors are not served."],
  [
    "/api/v1/environment/{rest*}",
    "An environment is a project here: signalbox project, and GraphQL's updateProject.",
  ],
  [
    "/api/v1/management/{rest*}",
    "An environment is a project here: signalbox project and signalbox key.",
  ],
  ["/api/v1/event-type/import/openapi", "Event types are registered one by one."],
  ["/api/v1/event-type/export/openapi", "Event types are read one by one."],
  [
    "/api/v1/event-type/{event_type_name}/retry-schedule",
    "Retry schedules belong to endpoints: GraphQL's updateHook(retryScheduleMs).",
  ],
  ["/api/v1/events", "Polling is not served here: read GET /v1/events, or subscribe by GraphQL."],
  ["/api/v1/msg/broadcast", "A message belongs to one application: send it to each."],
  [
    "/api/v1/operational-webhook/{rest*}",
    "Operational webhooks are not served: system events of the project are delivered to hooks.",
  ],
  ["/api/v1/stats/{rest*}", statistics],
  ["/api/v1/stream", streams],
  ["/api/v1/stream/{rest*}", streams],
  ["/ingest/{rest*}", "Svix Ingest is not served."],
];

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

export const notServedRoutes: Route[] = notServed.flatMap(([path, reason]) =>
  methods.map((method) => ({
    method,
    path,
    operation: "Query.viewer" as const,
    handle: async () => notImplemented(reason),
  })),
);
