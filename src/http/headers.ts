import type { ServerResponse } from "node:http";

/** Headers of every response: no content sniffing, no framing, no referrer. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/**
 * Sends a response with a complete body. Writing all headers at once is faster than setting each.
 */
export function send(
  res: ServerResponse,
  status: number,
  contentType: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  res.writeHead(status, {
    ...securityHeaders,
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  res.end(body);
}

export const sendJson = (res: ServerResponse, status: number, value: unknown) =>
  send(res, status, "application/json; charset=utf-8", JSON.stringify(value));

/** Sends a response without a body, such as a redirect or 304. */
export function sendHead(
  res: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  res.writeHead(status, { ...securityHeaders, ...headers }).end();
}

/** Smaller responses are not limited while their client reads them. */
export const SMALL_ANSWER = 64 * 1024;

/** Runs when the response has ended or its client has left; at once if that is so: Node.js tells it only once. */
export function onClose(res: ServerResponse, run: () => void): void {
  if (res.destroyed) run();
  else res.once("close", run);
}
