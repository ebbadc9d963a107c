import { randomUUID } from "node:crypto";
import { readTrace } from "../../util/traceContext.ts";

const run = randomUUID().slice(0, 8);
let count = 0;

/** What responses and logs know a request by: a random process id with a counter, and its trace. */
export type RequestIds = { requestId: string; trace: string | null };

/** A new request with the trace that its headers, or what stands for them, tell. */
export const newRequest = (headers: { [name: string]: unknown } = {}): RequestIds => ({
  requestId: `${run}-${(++count).toString(36)}`,
  trace: readTrace(headers.traceparent, headers.tracestate),
});
