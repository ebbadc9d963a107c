import type { Claim } from "../../db/delivery/claim.ts";
import type { AttemptRequest } from "../../domain/delivery/delivery.ts";
import { type OpenSpan, startSpan } from "../../telemetry/span.ts";
import { traceHeaders } from "../../util/traceContext.ts";

/** The URL without what may be a secret: user, query and fragment. */
function shownUrl(text: string): {
  "url.full"?: string;
  "server.address"?: string;
  "server.port"?: number;
} {
  const url = URL.parse(text);
  if (!url?.host) return {};
  return {
    "url.full": url.origin + url.pathname,
    "server.address": url.hostname,
    "server.port": Number(url.port) || (url.protocol === "https:" ? 443 : 80),
  };
}

/** The span of an attempt, in the trace that its event was emitted in. */
export function startAttempt({ attempt, event, deliveryId, hookId }: Claim): OpenSpan | undefined {
  const span = startSpan("POST", "CLIENT", event.trace);
  span?.set({
    "signalbox.event.id": event.id,
    "signalbox.event.type": event.type,
    "signalbox.hook.id": hookId,
    "signalbox.delivery.id": deliveryId,
    ...(attempt > 1 && { "http.request.resend_count": attempt - 1 }),
  });
  return span;
}

/** The request of an attempt, which tells its receiver of the attempt's span. */
export function withinSpan(span: OpenSpan | undefined, request: AttemptRequest): AttemptRequest {
  if (!span) return request;
  const { method = "POST", url, headers } = request;
  span.rename(method);
  span.set({ "http.request.method": method, ...shownUrl(url) });
  return { ...request, headers: { ...headers, ...traceHeaders(span.trace) } };
}

/** Ends an attempt's span with its result. */
export function endAttempt(
  span: OpenSpan | undefined,
  { outcome, statusCode }: { outcome: string; statusCode: number | null },
): void {
  span?.set({
    "signalbox.outcome": outcome,
    ...(statusCode !== null && { "http.response.status_code": statusCode }),
  });
  span?.end(outcome === "SUCCESS" ? undefined : String(statusCode ?? outcome));
}
