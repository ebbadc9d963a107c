import type { IncomingMessage, ServerResponse } from "node:http";
import type { SecretBox } from "../../domain/project/secretBox.ts";
import { sendHead, sendJson } from "../headers.ts";
import type { Origins } from "../origins.ts";
import { type Authenticate, keyMessage } from "../post/caller.ts";
import { keyMistake } from "../post/keyMistake.ts";
import { createSessionCookie } from "./sessionCookie.ts";

type Deps = {
  box: SecretBox;
  authenticate: Authenticate;
  origins: Origins;
  pathPrefix: string;
};

const notOwnPage =
  "Only the hub's own pages have sessions. Programs send the header Authorization: Bearer <key>.";

/**
 * Sessions of the hub's own pages, so that no API key lives in a page. `POST /session` with a key in `Authorization`
 * begins one, `DELETE /session` ends it. Afterwards the cookie stands for the header, for GraphQL only and only if the
 * browser says that the request comes from a page of this hub: other sites, and other ports of this host, gain nothing
 * by making a browser send it.
 */
export function createSessions({ box, authenticate, origins, pathPrefix }: Deps) {
  const cookie = createSessionCookie(box, pathPrefix);

  async function begin(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { authorization } = req.headers;
    if (!(await authenticate(authorization ?? null)))
      return sendJson(res, 401, { error: keyMessage(authorization) });
    const key = (authorization ?? "").replace(/^bearer +/i, "").trim();
    sendHead(res, 204, { "set-cookie": cookie.begin(req, key), "cache-control": "no-store" });
  }

  return {
    /** Answers a request to /session. */
    async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
      if (req.method !== "POST" && req.method !== "DELETE") {
        res.setHeader("allow", "POST, DELETE");
        return sendJson(res, 405, { error: "Use POST to sign in and DELETE to sign out." });
      }
      if (!origins.isOwnPage(req)) return sendJson(res, 403, { error: notOwnPage });
      if (req.method === "POST") return begin(req, res);
      sendHead(res, 204, { "set-cookie": cookie.end(req), "cache-control": "no-store" });
    },
    /** Gives a request of the hub's own pages the key of its session, unless it brings one. */
    admit(req: IncomingMessage): void {
      if (req.headers.cookie === undefined || !origins.isOwnPage(req)) return;
      if (keyMistake(req.headers.authorization) !== "missing") return;
      const key = cookie.read(req);
      if (key !== undefined) req.headers.authorization = `Bearer ${key}`;
    },
  };
}
