import type { Door } from "../../http/door/door.ts";
import { renderProblem } from "../../http/door/failure.ts";
import { auditLog } from "./audit/auditLog.ts";
import { deliveryEndpoints } from "./deliveries.ts";
import { replayEndpoints } from "./delivery/replays.ts";
import { asyncapi } from "./document/asyncapi.ts";
import { createOpenapi } from "./document/openapi.ts";
import { emitEvents } from "./emit.ts";
import { eventTypeEndpoints } from "./eventTypes.ts";
import { expungeEndpoints } from "./expunge.ts";
import { blockedKeyEndpoints } from "./hook/blockedKeys.ts";
import { hookEndpoints } from "./hooks.ts";
import { hookToolEndpoints } from "./hookTools.ts";
import { pollEvents } from "./poll.ts";
import { statisticsEndpoint } from "./project/statistics.ts";
import { scheduleEndpoints } from "./schedules.ts";

const endpoints = [
  emitEvents,
  pollEvents,
  ...hookEndpoints,
  ...blockedKeyEndpoints,
  ...hookToolEndpoints,
  ...deliveryEndpoints,
  ...replayEndpoints,
  ...eventTypeEndpoints,
  ...scheduleEndpoints,
  ...expungeEndpoints,
  auditLog,
  statisticsEndpoint,
  asyncapi,
];
const openapi = createOpenapi(endpoints);

/** REST. */
export const v1: Door = {
  prefixes: ["/v1/"],
  routes: [
    ...endpoints.map(({ route }) => route),
    { method: "GET", path: "/openapi.json", open: () => ({ status: 200, body: openapi() }) },
  ],
  renderFailure: renderProblem,
};
