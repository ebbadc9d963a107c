import type { ServerResponse } from "node:http";

/** On every answer: nothing of ours is guessed at, framed, or named to other sites. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** Answers with one whole body. All headers are written at once: setting them one by one is slow. */
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

/** Answers without a body: a redirect, or that nothing changed. */
export function sendHead(
  res: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  res.writeHead(status, { ...securityHeaders, ...headers }).end();
}
