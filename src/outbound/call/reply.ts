import { isUtf8 } from "node:buffer";
import { type CallFailure, DeadlinePassed, MalformedAnswer } from "./callFailure.ts";
import type { Answer } from "./exchange.ts";

const defaultKeptBytes = 16_384;

/** What came of a call, as an attempt records it. */
export type Reply = {
  outcome: "SUCCESS" | "RESPONSE_ERROR" | "CONNECTION_ERROR" | "REFUSED";
  statusCode: number | null;
  /** A sentence with its class first, such as `timeout: …`; null for a success whose answer could be read. */
  error: string | null;
  /** Null unless a connection to it was made, so only ever one that may be called. */
  remoteAddress: string | null;
  elapsedMs: number;
  /** Every header as it was sent. */
  requestHeaders: Record<string, string>;
  responseHeaders: Record<string, string> | null;
  /** The first 16 KiB, or as many as were asked for, as text; null when no answer came. */
  responseBody: string | null;
  /** Whether the receiver sent, or would have sent, more of a body than is kept. */
  responseTruncated: boolean;
};

type Judgement = Pick<Reply, "outcome" | "error">;
type Received = Judgement &
  Pick<Reply, "statusCode" | "responseHeaders" | "responseBody" | "responseTruncated">;

/** A call that got no answer. */
export const noAnswer = (failure: CallFailure): Received => ({
  outcome: failure.outcome,
  error: failure.message,
  statusCode: null,
  responseHeaders: null,
  responseBody: null,
  responseTruncated: false,
});

/** A call that got an answer, complete or not. */
export function answered(answer: Answer, keptBytes = defaultKeptBytes): Received {
  return {
    ...judge(answer),
    statusCode: answer.statusCode,
    responseHeaders: textHeaders(answer.headers),
    responseBody: decode(answer.body.subarray(0, keptBytes)),
    responseTruncated: !answer.isComplete || answer.body.length > keptBytes,
  };
}

/**
 * The status decides once it is there, for an answer that breaks off, too. Only when a 2xx is still coming as
 * the time ends is it a timeout: the time is for the whole answer.
 */
function judge({ statusCode, failure }: Answer): Judgement {
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

/** UTF-8 as far as it is; what is none, and NUL, which PostgreSQL takes in no text, become U+FFFD. */
function decode(bytes: Buffer): string {
  const text = isUtf8(bytes)
    ? bytes.toString()
    : // `stream` leaves out a character that the cut went through.
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
