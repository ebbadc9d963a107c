import { isUtf8 } from "node:buffer";
import { type CallFailure, DeadlinePassed, MalformedAnswer } from "./callFailure.ts";
import type { Answer } from "./exchange.ts";

const defaultKeptBytes = 16_384;

/** The result of a call, as an attempt records it. */
export type Reply = {
  outcome: "SUCCESS" | "RESPONSE_ERROR" | "CONNECTION_ERROR" | "REFUSED";
  statusCode: number | null;
  /**
   * A message that begins with the class of error, such as `timeout: …`; null after a success with
   * a readable response.
   */
  error: string | null;
  /** The connected address, which is always an allowed one; null if there was no connection. */
  remoteAddress: string | null;
  elapsedMs: number;
  /** All headers as sent. */
  requestHeaders: Record<string, string>;
  responseHeaders: Record<string, string> | null;
  /** The first `keptBytes` of the body as text; null if there was no response. */
  responseBody: string | null;
  /** Whether the body was, or would have been, longer than what is kept. */
  responseTruncated: boolean;
};

type Result = Pick<Reply, "outcome" | "error">;
type Received = Result &
  Pick<Reply, "statusCode" | "responseHeaders" | "responseBody" | "responseTruncated">;

/** The result of a call without a response. */
export const noAnswer = (failure: CallFailure): Received => ({
  outcome: failure.outcome,
  error: failure.message,
  statusCode: null,
  responseHeaders: null,
  responseBody: null,
  responseTruncated: false,
});

/** The result of a call with a response, complete or not. */
export function answered(answer: Answer, keptBytes = defaultKeptBytes): Received {
  return {
    ...resultOf(answer),
    statusCode: answer.statusCode,
    responseHeaders: textHeaders(answer.headers),
    responseBody: decode(answer.body.subarray(0, keptBytes)),
    responseTruncated: !answer.isComplete || answer.body.length > keptBytes,
  };
}

/**
 * The status decides, even if the response is incomplete. Only a 2xx that is still arriving at the
 * deadline is a timeout, because the timeout covers the whole response.
 */
function resultOf({ statusCode, failure }: Answer): Result {
  const malformed = failure instanceof MalformedAnswer ? failure.message : null;
  const why = malformed ? `; ${malformed}` : "";
  if (statusCode >= 400) return { outcome: "RESPONSE_ERROR", error: `status ${statusCode}${why}` };
  if (statusCode >= 300) {
    return { outcome: "RESPONSE_ERROR", error: `redirect not followed: ${statusCode}${why}` };
  }
  if (failure instanceof DeadlinePassed) {
    return { outcome: failure.outcome, error: failure.message };
  }
  return { outcome: "SUCCESS", error: malformed };
}

/** Decodes UTF-8. Invalid bytes and NUL, which PostgreSQL does not store in text, become U+FFFD. */
function decode(bytes: Buffer): string {
  const text = isUtf8(bytes)
    ? bytes.toString()
    : // `stream` drops a character that was cut in two.
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: true });
  return text.replaceAll("\0", "\ufffd");
}

const textHeaders = (headers: Answer["headers"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = ""]) => [
      name,
      typeof value === "string" ? value : value.join(", "),
    ]),
  );
