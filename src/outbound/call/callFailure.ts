/** Why a call got no usable answer; the message is what a person reads, its class first. */
export class CallFailure extends Error {
  override name = "CallFailure" as const;
  readonly outcome: "CONNECTION_ERROR" | "REFUSED";

  constructor(message: string, outcome: "CONNECTION_ERROR" | "REFUSED" = "CONNECTION_ERROR") {
    super(message);
    this.outcome = outcome;
  }
}

/** The time for the whole call was over. */
export class DeadlinePassed extends CallFailure {}

/** An answer came that is no HTTP, or too long to read. */
export class MalformedAnswer extends CallFailure {}

// Sentences of our own: those of Node.js hold addresses, which a name's owner is not to learn.
const sentences: Record<string, string> = {
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

/** Of the parser's refusals those that say no reason, by their code or message. */
const malformations: Record<string, string> = {
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "its length is not the one it says",
  "bad upgrade": "it switches protocols",
  "bad response": "it answers what nobody asked",
};

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/** A failure of the name server, the network or the peer's HTTP as a `CallFailure`. */
export function toFailure(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  const code = codeOf(error);
  const known = sentences[code];
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

/** A failure of the name server: its ECONNREFUSED, for one, is not the receiver's. */
export function toDnsFailure(error: unknown): CallFailure {
  const sentence = sentences[codeOf(error)];
  return new CallFailure(
    sentence?.startsWith("dns") ? sentence : "dns error: the name server cannot be reached",
  );
}

/** A failure of the TLS handshake or of the certificate check. */
export function toTlsFailure(error: Error): CallFailure {
  if (["ECONNRESET", "EPIPE"].includes(codeOf(error))) {
    return new CallFailure("tls error: the receiver closed the connection");
  }
  // The message of OpenSSL's own errors is a line of its source; their reason is the sentence.
  const isOpenSsl = codeOf(error).startsWith("ERR_SSL_") && "reason" in error;
  return new CallFailure(`tls error: ${isOpenSsl ? error.reason : error.message}`);
}
