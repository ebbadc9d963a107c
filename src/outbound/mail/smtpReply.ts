import { codeOf } from "../call/callFailure.ts";
import { toHubFailure } from "../call/hubFailure.ts";
import type { Reply } from "../call/reply.ts";

type Result = Pick<
  Reply,
  "outcome" | "statusCode" | "error" | "responseBody" | "responseTruncated"
>;

/** As much of a server's reply as is kept. */
const KEPT = 16_384;

/** The outcome of a reply to the message: its code is the status, its text the answer. */
export function replied(response: string): Result {
  const statusCode = Number(/^\d{3}/.exec(response)?.[0] ?? 0) || null;
  const isSuccess = statusCode !== null && statusCode < 400;
  return {
    outcome: isSuccess ? "SUCCESS" : "RESPONSE_ERROR",
    statusCode,
    error: isSuccess ? null : `smtp ${statusCode}: the mail server refused the message`,
    responseBody: response.slice(0, KEPT).replaceAll("\0", "\ufffd"),
    responseTruncated: response.length > KEPT,
  };
}

/** Our own sentences: those of the library may contain the server's address. */
const sentences: Record<string, string> = {
  EAUTH: "smtp: the mail server refused the user name or the password",
  ENOAUTH: "smtp: the mail server wants a user name and a password",
  EDNS: "dns error: the mail server's name was not found",
  ETLS: "tls error: no encrypted connection to the mail server",
  EREQUIRETLS: "tls error: the mail server does not encrypt the connection (STARTTLS)",
  ETIMEDOUT: "timeout: the mail server did not answer",
  EPROTOCOL: "smtp: the mail server answered something else than SMTP",
};

const text = (error: object, name: string): string => {
  const value = (error as Record<string, unknown>)[name];
  return typeof value === "string" ? value : "";
};

/** Commands whose reply is about the message, not about the hub. */
const ofMessage = /^(MAIL FROM|RCPT TO|DATA|BDAT)/;

/** The outcome of a message that was not taken. Throws HubFailure if this process lacks a resource to connect. */
export function refused(error: unknown): Result {
  const known = error instanceof Error ? error : new Error(String(error));
  const cause = text(known, "originalCode");
  const shortage = toHubFailure(cause ? Object.assign(new Error(), { code: cause }) : known);
  if (shortage) throw shortage;
  const response = text(known, "response");
  if (/^\d{3}/.test(response) && ofMessage.test(text(known, "command"))) return replied(response);
  const code = codeOf(known);
  const reply = /^\d{3}/.exec(response)?.[0];
  const why = cause || reply || code || "unknown";
  return {
    outcome: "CONNECTION_ERROR",
    statusCode: null,
    error: sentences[code] ?? `smtp: no connection to the mail server (${why})`,
    responseBody: null,
    responseTruncated: false,
  };
}
