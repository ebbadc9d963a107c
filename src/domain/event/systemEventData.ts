import { STATUS_CODES } from "node:http";
import type { AttemptRow } from "../../db/delivery/deliveries.ts";
import type { EventRow } from "../../db/event/events.ts";

/** What a system event says; `data` is JSON text. */
export const systemTypes = ["resthook_called", "webhook_called", "error"] as const;

export type SystemEventInput = {
  type: (typeof systemTypes)[number];
  data: string;
};

/** One call, as its attempt was recorded: without credentials. `resthook`: the event type it was for, when it was a hook's. */
type WebhookCall = {
  url: string;
  method?: string;
  body: string;
  resthook?: string;
  attempt: Omit<AttemptRow, "projectId" | "deliveryId" | "number" | "startedAt">;
};

/** goflow keeps so much of a dump. */
const MAX_DUMP = 10_000;

const dump = (startLine: string, headers: Record<string, string>, body: string) => {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const text = `${[startLine, ...fields].join("\r\n")}\r\n\r\n${body}`;
  return text.slice(0, MAX_DUMP).toWellFormed();
};

function requestDump({ url, method = "POST", body, attempt }: WebhookCall): string {
  const target = URL.parse(url);
  const path = target ? target.pathname + target.search : url;
  return dump(`${method} ${path} HTTP/1.1`, attempt.requestHeaders, body);
}

/** What is not text (or could not be kept) is left out, which goflow calls `body_ignored`. */
function answered({ statusCode, responseHeaders, responseBody }: WebhookCall["attempt"]) {
  if (statusCode === null) return {};
  const isIgnored = responseBody === null || responseBody.includes("\ufffd");
  const startLine = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ""}`.trimEnd();
  const response = dump(startLine, responseHeaders ?? {}, isIgnored ? "" : responseBody);
  return { response, ...(isIgnored ? { body_ignored: true } : {}) };
}

/** goflow knows four outcomes; a call that was refused, or whose end nobody saw, had no answer. */
const statusWords: Record<AttemptRow["outcome"], string> = {
  SUCCESS: "success",
  RESPONSE_ERROR: "response_error",
  CONNECTION_ERROR: "connection_error",
  SUBSCRIBER_GONE: "subscriber_gone",
  REFUSED: "connection_error",
  UNKNOWN: "connection_error",
};

/** goflow's S1.9: an event was matched; with what its subscribers are sent, also when there are none. */
export const resthookCalled = ({
  type,
  data,
}: Pick<EventRow, "type" | "data">): SystemEventInput => ({
  type: "resthook_called",
  // The data as it came: parsing would round large numbers.
  data: `{"resthook":${JSON.stringify(type)},"payload":${data ?? "null"}}`,
});

/** goflow's S1.10: a URL was called, with dumps of what was sent and answered, credentials left out. */
export const webhookCalled = (call: WebhookCall): SystemEventInput => ({
  type: "webhook_called",
  data: JSON.stringify({
    url: call.url,
    ...(call.resthook === undefined ? {} : { resthook: call.resthook }),
    status: statusWords[call.attempt.outcome],
    ...(call.attempt.statusCode === null ? {} : { status_code: call.attempt.statusCode }),
    elapsed_ms: call.attempt.elapsedMs,
    request: requestDump(call),
    ...answered(call.attempt),
  }),
});

/** goflow's S1.11: something went wrong for good; nothing of ours is fatal to what goes on beside it. */
export const errorEvent = (text: string): SystemEventInput => ({
  type: "error",
  data: JSON.stringify({ text, fatal: false }),
});
