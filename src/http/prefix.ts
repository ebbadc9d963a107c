import type { IncomingMessage } from "node:http";

/** The path of SIGNALBOX_PUBLIC_URL, such as `/hub`; empty if it has none. */
export const pathPrefix = (publicUrl: string | undefined): string =>
  publicUrl === undefined ? "" : new URL(publicUrl).pathname.replace(/\/$/, "");

/** Takes the prefix off a request's address, because a proxy may leave it there or remove it. */
export function removePrefix(req: IncomingMessage, prefix: string): void {
  const url = req.url ?? "/";
  if (prefix === "" || !url.startsWith(prefix)) return;
  const rest = url.slice(prefix.length);
  if (/^([/?]|$)/.test(rest)) req.url = rest.startsWith("/") ? rest : `/${rest}`;
}

/**
 * Takes scheme and host off a request's address: a client that is told to use the hub as its proxy sends them, and a
 * server has to accept them (RFC 9112, 3.2.2).
 */
export function toOriginForm(req: IncomingMessage): void {
  const [, path] = /^https?:\/\/[^/?]*(.*)$/i.exec(req.url ?? "") ?? [];
  if (path !== undefined) req.url = path.startsWith("/") ? path : `/${path}`;
}
