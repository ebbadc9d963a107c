import { CallFailure, codeOf, MalformedAnswer, toFailure } from "./callFailure.ts";
import type { Connection } from "./connectionPool.ts";

const maxReadBytes = 65_536;
const maxInterim = 16;

export type Message = {
  path: string;
  method: string;
  headers: Record<string, string>;
  body: Buffer;
};

/** A response whose headers arrived, with the received part of its body. */
export type Answer = {
  statusCode: number;
  headers: Record<string, string | string[] | undefined>;
  /** At most 64 KiB. */
  body: Buffer;
  isComplete: boolean;
  /** Why it is not complete; null if it was truncated at the limit. */
  failure: CallFailure | null;
};

/** The connection closed normally within the headers. The status counts as the response. */
const headersCut = (error: Error) =>
  codeOf(error) === "UND_ERR_SOCKET"
    ? new MalformedAnswer("http error: malformed response (its headers do not end)")
    : toFailure(error);

/**
 * Sends one message and reads the response until it ends, breaks, exceeds 64 KiB, or `signal`
 * aborts. Destroys the connection unless the response is complete and well-formed. Rejects with a
 * `CallFailure` if no headers arrived. A status with unreadable headers counts as a response,
 * because the receiver had the message.
 */
export function exchange(
  { client, socket, reader }: Connection,
  message: Message,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let statusCode: number | null = null;
    let headers: Answer["headers"] = {};
    let bytes = 0;
    let interim = 0;

    // Destroying the socket makes undici report another error; only the first call counts.
    const finish = (isComplete: boolean, failure: CallFailure | null) => {
      signal.removeEventListener("abort", onAbort);
      if (!isComplete || reader.isMended) socket.destroy();
      if (failure instanceof MalformedAnswer) statusCode ??= reader.statusCode;
      if (statusCode === null) return reject(failure);
      const body = Buffer.concat(chunks).subarray(0, maxReadBytes);
      resolve({ statusCode, headers, body, isComplete, failure });
    };
    const onAbort = () => finish(false, toFailure(signal.reason));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort);

    client.dispatch(message, {
      onRequestStart: () => reader.begin(),
      onResponseStart(_controller, code, given) {
        if (code >= 200) {
          statusCode = code;
          headers = given;
        } else if (++interim > maxInterim) {
          finish(false, new CallFailure("http error: too many interim responses"));
        }
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > maxReadBytes) finish(false, null);
      },
      onResponseEnd: () => finish(true, null),
      onResponseError: (_controller, error) =>
        finish(false, reader.isCut ? headersCut(error) : toFailure(error)),
    });
  });
}
