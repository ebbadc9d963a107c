import { STATUS_CODES } from "node:http";
import type { AttemptRow } from "../../db/delivery/deliveries.ts";
import type { EventRow } from "../../db/event/events.ts";
import { healthTypes } from "../../db/hook/hookHealth.ts";

export const systemTypes = ["resthook_called", "webhook_called", "error", ...healthTypes] as const;

/** The content of a system event; `data` is JSON text. */
export type SystemEventInput = {
  type: (typeof systemTypes)[number];
  data: string;
  subject?: { type: string; id: string };
};

/** One call as its attempt was recorded, without credentials. `resthook`: the event's type, for the call of a hook. */
type WebhookCall = {
  url: string;
  method?: string;
  body: string;
  resthook?: string;
  attempt: Omit<AttemptRow, "projectId" | "deliveryId" | "number" | "startedAt">;
};

/** goflow's limit for a dump. */
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

/** A body that is not text (or could not be kept) is left out; goflow calls this `body_ignored`. */
function responseFields({ statusCode, responseHeaders, responseBody }: WebhookCall["attempt"]) {
  if (statusCode === null) return {};
  const isIgnored = responseBody === null || responseBody.includes("\ufffd");
  const startLine = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ""}`.trimEnd();
  const response = dump(startLine, responseHeaders ?? {}, isIgnored ? "" : responseBody);
  return { response, ...(isIgnored ? { body_ignored: true } : {}) };
}

/** goflow has four outcomes. A call that was refused or whose end is unknown had no response. */
const statusWords: Record<AttemptRow["outcome"], string> = {
  SUCCESS: "success",
  RESPONSE_ERROR: "response_error",
  CONNECTION_ERROR: "connection_error",
  SUBSCRIBER_GONE: "subscriber_gone",
  REFUSED: "connection_error",
  RENDER_ERROR: "connection_error",
  UNKNOWN: "connection_error",
};

/** goflow's resthook_called: an event was matched. Holds the payload for its subscribers, even when there are none. */
export const resthookCalled = ({
  type,
  data,
}: Pick<EventRow, "type" | "data">): SystemEventInput => ({
  type: "resthook_called",
  // The data verbatim: parsing would round large numbers.
  data: `{"resthook":${JSON.stringify(type)},"payload":${data ?? "null"}}`,
});

/** goflow's webhook_called: a URL was called. Holds dumps of request and response, without credentials. */
export const webhookCalled = (call: WebhookCall): SystemEventInput => ({
  type: "webhook_called",
  data: JSON.stringify({
    url: call.url,
    ...(call.resthook === undefined ? {} : { resthook: call.resthook }),
    status: statusWords[call.attempt.outcome],
    ...(call.attempt.statusCode === null ? {} : { status_code: call.attempt.statusCode }),
    elapsed_ms: call.attempt.elapsedMs,
    request: requestDump(call),
    ...responseFields(call.attempt),
  }),
});

/** goflow's error: something failed permanently. It is never fatal, because everything else continues. */
export const errorEvent = (text: string): SystemEventInput => ({
  type: "error",
  data: JSON.stringify({ text, fatal: false }),
});
