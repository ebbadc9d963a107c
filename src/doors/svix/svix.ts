import type { Door, DoorResponse, Failure, Route } from "../../http/door/door.ts";
import { applicationRoutes } from "./application.ts";
import { attemptRoutes } from "./attempt.ts";
import { deliveryRoutes } from "./delivery.ts";
import { endpointRoutes } from "./endpoint.ts";
import { endpointPartRoutes } from "./endpointParts.ts";
import { eventTypeRoutes } from "./eventType.ts";
import { messageRoutes } from "./message.ts";
import { NotServed, notImplemented, notServedRoutes } from "./notServed.ts";

const codes: Partial<Record<Failure["code"], string>> = {
  UNAUTHENTICATED: "authentication_failed",
  FORBIDDEN: "insufficient_access",
  NOT_FOUND: "not_found",
  NAME_TAKEN: "conflict",
  IDEMPOTENCY_CONFLICT: "conflict",
};

/** As Svix tells errors: `{ code, detail }`, and with 422 a list of what is wrong where. */
function renderFailure({ status, code, message, errors }: Failure): DoorResponse {
  if (status !== 422)
    return { status, body: { code: codes[code] ?? code.toLowerCase(), detail: message } };
  const detail = errors.map((error) => ({
    loc: error.path.length > 0 ? error.path : ["body"],
    msg: error.message,
    type: error.code === "INVALID" ? "value_error" : `value_error.${error.code.toLowerCase()}`,
  }));
  return { status, body: { detail } };
}

const healthPaths = ["/api/v1/health", "/api/v1/health/ping"];
const health: Route[] = healthPaths.map((path) => ({
  method: "GET",
  path,
  open: () => ({ status: 204 }),
}));

const served: Route[] = [
  ...health,
  ...applicationRoutes,
  ...endpointRoutes,
  ...endpointPartRoutes,
  ...eventTypeRoutes,
  ...messageRoutes,
  ...attemptRoutes,
  ...deliveryRoutes,
];

/** A field that is not served is told as a path that is not. */
const withNotServed = (route: Route): Route =>
  "open" in route
    ? route
    : {
        ...route,
        handle: (request) =>
          route.handle(request).catch((error) => {
            if (error instanceof NotServed) return notImplemented(error.message);
            throw error;
          }),
      };

/** What Svix's open-source server serves, for Svix's own SDKs (docs/svix.md). */
export const svixDoor: Door = {
  prefixes: ["/api/v1/", "/ingest/"],
  routes: [...served.map(withNotServed), ...notServedRoutes],
  renderFailure,
};
