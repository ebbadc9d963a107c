import type { IncomingMessage } from "node:http";
import type { SecretBox } from "../../domain/project/secretBox.ts";

/** How long a session lasts, however long the browser stays open. */
export const SESSION_MS = 7 * 24 * 3_600_000;

/**
 * Binds the sealed text to its purpose and its page's origin: no stored secret can be used as a session, and a page that
 * came over http cannot use one of https.
 */
const contextOf = ({ headers }: IncomingMessage): string => `cookie|session|${headers.origin}|`;

type Session = { key: string; until: number };

/** Hubs on other ports of the same host share a browser's cookies, so the port is part of the name. */
const nameFor = ({ headers }: IncomingMessage): string =>
  `signalbox_session_${URL.parse(headers.origin ?? "")?.port || "default"}`;

/**
 * The cookie of a session in the console: the API key and when the session ends, sealed with the hub's secret key.
 * Every process of the hub can open it and none stores it. Scripts cannot read it.
 */
export function createSessionCookie(box: SecretBox, pathPrefix: string) {
  const written = (req: IncomingMessage, value: string, rest: string[]): string =>
    [
      `${nameFor(req)}=${value}`,
      `Path=${pathPrefix}/`,
      "HttpOnly",
      "SameSite=Strict",
      ...(req.headers.origin?.startsWith("https:") ? ["Secure"] : []),
      ...rest,
    ].join("; ");

  return {
    /** The `Set-Cookie` header that begins a session. It has no expiry, so it ends with the browser. */
    begin(req: IncomingMessage, key: string, now = Date.now()): string {
      const session: Session = { key, until: now + SESSION_MS };
      return written(req, box.seal(JSON.stringify(session), contextOf(req)), []);
    },
    /** The `Set-Cookie` header that ends the session. */
    end: (req: IncomingMessage): string => written(req, "", ["Max-Age=0"]),
    /** The API key of a request's session; undefined if there is none, it has ended, or the cookie was altered. */
    read(req: IncomingMessage, now = Date.now()): string | undefined {
      const start = `${nameFor(req)}=`;
      const cookies = req.headers.cookie?.split(/; */) ?? [];
      const sealed = cookies.find((cookie) => cookie.startsWith(start))?.slice(start.length);
      if (!sealed) return undefined;
      try {
        const { key, until } = JSON.parse(box.open(sealed, contextOf(req))) as Session;
        return until > now ? key : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
