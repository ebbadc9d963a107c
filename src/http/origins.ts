import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "../log.ts";
import { securityHeaders } from "./headers.ts";

/** Decides which web pages may call the API: those of this server and of the configured origins. */
export type Origins = {
  /** Whether a browser sent the request from a page of this hub. */
  isOwnPage(req: IncomingMessage): boolean;
  /** Why a request's origin is rejected; null if it is allowed. Rejections are logged. */
  refusal(req: IncomingMessage): string | null;
  /**
   * Answers preflight requests and requests from rejected origins; returns whether it did. On other
   * requests it sets the CORS headers that let the page read the response.
   */
  answer(req: IncomingMessage, res: ServerResponse, door: OriginsDoor): boolean;
};

/** What is called: its methods, and how it says no. */
type OriginsDoor = { methods: readonly string[]; refuse(why: string): void };

/** Rejections are logged at most once per interval, with their count. */
const LOG_MS = 10_000;
/** How long a browser may cache a preflight response, in seconds. */
const MAX_AGE = "7200";
/** Maximum length of an origin in messages. */
const MAX_SHOWN = 200;

const headerNames = /^[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/;

export function createOrigins(
  { publicUrl, allowed }: { publicUrl: string | undefined; allowed: readonly string[] },
  log: Logger,
): Origins {
  const listed = new Set(allowed);
  const ownOrigin = publicUrl && new URL(publicUrl).origin;
  let refused = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;

  /** Browsers mark our own pages as same-origin even if a proxy changes the host. */
  function isOwnPage({ headers }: IncomingMessage): boolean {
    const { origin, host } = headers;
    if (origin === undefined) return false;
    if (headers["sec-fetch-site"] === "same-origin") return true;
    const from = URL.parse(origin);
    if (!from?.host) return false;
    return from.host === host?.toLowerCase() || from.origin === ownOrigin;
  }

  /** Programs send no origin. */
  function isAllowed(req: IncomingMessage): boolean {
    const { origin } = req.headers;
    return origin === undefined || isOwnPage(req) || listed.has(URL.parse(origin)?.origin ?? "");
  }

  function refusal(req: IncomingMessage): string | null {
    if (isAllowed(req)) return null;
    const origin = req.headers.origin?.slice(0, MAX_SHOWN);
    refused++;
    if (performance.now() - loggedAt >= LOG_MS) {
      log.warn(
        { origin, refused },
        "rejected a page of an origin that SIGNALBOX_ALLOWED_ORIGINS does not list",
      );
      loggedAt = performance.now();
      refused = 0;
    }
    return `Pages of the origin ${origin} may not call this hub. Allowed are the origins in SIGNALBOX_ALLOWED_ORIGINS and that of SIGNALBOX_PUBLIC_URL.`;
  }

  function preflight(req: IncomingMessage, res: ServerResponse, methods: readonly string[]): void {
    const asked = String(req.headers["access-control-request-headers"] ?? "");
    res
      .writeHead(204, {
        ...securityHeaders,
        "access-control-allow-methods": methods.join(", "),
        "access-control-allow-headers": headerNames.test(asked)
          ? asked
          : "authorization, content-type",
        "access-control-max-age": MAX_AGE,
        vary: "origin, access-control-request-headers",
      })
      .end();
  }

  return {
    isOwnPage,
    refusal,
    answer(req, res, { methods, refuse }) {
      const { origin } = req.headers;
      if (origin === undefined) return false;
      res.setHeader("vary", "origin");
      const why = refusal(req);
      if (why !== null) {
        refuse(why);
        return true;
      }
      res.setHeader("access-control-allow-origin", origin);
      res.setHeader("access-control-expose-headers", "location, retry-after, x-request-id");
      const isPreflight =
        req.method === "OPTIONS" && req.headers["access-control-request-method"] !== undefined;
      if (isPreflight) preflight(req, res, methods);
      return isPreflight;
    },
  };
}
