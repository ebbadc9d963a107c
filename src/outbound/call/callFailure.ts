/** A call got no usable response. The message is for people and begins with the class of error. */
export class CallFailure extends Error {
  override name = "CallFailure" as const;
  readonly outcome: "CONNECTION_ERROR" | "REFUSED";

  constructor(message: string, outcome: "CONNECTION_ERROR" | "REFUSED" = "CONNECTION_ERROR") {
    super(message);
    this.outcome = outcome;
  }
}

/** The call exceeded its timeout. */
export class DeadlinePassed extends CallFailure {}

/** The response is not HTTP or is too long. */
export class MalformedAnswer extends CallFailure {}

// Our own messages: those of Node.js contain addresses, which must not be revealed.
const messages: Record<string, string> = {
  ENOTFOUND: "dns error: name not found",
  ENODATA: "dns error: the name has no address",
  ESERVFAIL: "dns error: the name server failed",
  ETIMEOUT: "dns error: the name server did not answer",
  EREFUSED: "dns error: the name server refused to answer",
  EBADRESP: "dns error: the name server's answer is malformed",
  EFORMERR: "dns error: the name server did not understand the question",
  ECONNREFUSED: "connection refused",
  ETIMEDOUT: "timeout: no connection",
  EHOSTUNREACH: "connection error: host unreachable",
  ENETUNREACH: "connection error: network unreachable",
  EADDRNOTAVAIL: "connection error: network unreachable",
  ECONNRESET: "connection closed: reset before the answer was complete",
  EPIPE: "connection closed: reset before the answer was complete",
};

/** Messages for parser errors without a reason, by code or message. */
const malformations: Record<string, string> = {
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "its length is not the one it says",
  "bad upgrade": "it switches protocols",
  "bad response": "it answers what nobody asked",
};

/** The code of an error of the system or a library; empty if it has none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/** Converts an error of the name server, the network or the peer's HTTP to a `CallFailure`. */
export function toFailure(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  const code = codeOf(error);
  // With TLS 1.3 a server refuses the client's certificate after the handshake.
  if (error instanceof Error && code.startsWith("ERR_SSL_")) return toTlsFailure(error);
  const known = messages[code];
  if (known) return new CallFailure(known);
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (code === "UND_ERR_HEADERS_OVERFLOW") {
    return new MalformedAnswer("http error: response headers over 16 KiB");
  }
  const reason =
    name === "HTTPParserError"
      ? /\((.+)\)$/s.exec(message)?.[1]
      : (malformations[code] ?? malformations[message]);
  if (name === "HTTPParserError" || reason) {
    return new MalformedAnswer(`http error: malformed response (${reason ?? "no HTTP/1.1"})`);
  }
  if (code === "UND_ERR_SOCKET") {
    return new CallFailure("connection closed: ended before the answer was complete");
  }
  if (code === "UND_ERR_INVALID_ARG") return new CallFailure(`request error: ${message}`);
  return new CallFailure(`connection error: ${code || "unknown"}`);
}

/** Converts an error of the name server, whose ECONNREFUSED for example is not the receiver's. */
export function toDnsFailure(error: unknown): CallFailure {
  const sentence = messages[codeOf(error)];
  return new CallFailure(
    sentence?.startsWith("dns") ? sentence : "dns error: the name server cannot be reached",
  );
}

/** Converts an error of the TLS handshake or the certificate check. */
export function toTlsFailure(error: Error): CallFailure {
  if (["ECONNRESET", "EPIPE"].includes(codeOf(error))) {
    return new CallFailure("tls error: the receiver closed the connection");
  }
  // The message of an OpenSSL error is a source line; its reason is readable.
  const isOpenSsl = codeOf(error).startsWith("ERR_SSL_") && "reason" in error;
  return new CallFailure(`tls error: ${isOpenSsl ? error.reason : error.message}`);
}
