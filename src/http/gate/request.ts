import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type OpenSpan, startSpan } from "../../telemetry/span.ts";
import { readTrace } from "../../util/traceContext.ts";
import { onClose } from "../headers.ts";

const run = randomUUID().slice(0, 8);
let count = 0;

/** What responses and logs know a request by: a random process id with a counter, and its trace. */
export type RequestIds = {
  requestId: string;
  trace: string | null;
  /** Its span, which is then the parent in `trace`; only while spans are recorded. */
  span?: OpenSpan | undefined;
};

/** A new request, in the trace that its headers, or what stands for them, tell. */
export function newRequest(
  name: string,
  headers: { readonly [name: string]: unknown } = {},
): RequestIds {
  const parent = readTrace(headers.traceparent, headers.tracestate);
  const span = startSpan(name, "SERVER", parent);
  const requestId = `${run}-${(++count).toString(36)}`;
  return { requestId, trace: span?.trace ?? parent, span };
}

/** Ends the span of a request with its response. */
export function endWithResponse(
  { span }: RequestIds,
  { method = "" }: IncomingMessage,
  res: ServerResponse,
): void {
  if (!span) return;
  span.set({ "http.request.method": method });
  onClose(res, () => {
    if (!res.headersSent) return span.end("aborted");
    span.set({ "http.response.status_code": res.statusCode });
    span.end(res.statusCode >= 500 ? String(res.statusCode) : undefined);
  });
}
