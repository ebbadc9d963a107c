import type { IncomingMessage, ServerResponse } from "node:http";
import { send } from "../headers.ts";
import { type createBuiltFiles, sendBuilt } from "./builtFiles.ts";

/**
 * The page may run and fetch only the files of the console's build. Its editor needs inline styles.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers = {
  // Operations are answered at the same URL.
  vary: "accept, accept-encoding",
  "cache-control": "no-cache",
  "content-security-policy": policy,
  "cross-origin-opener-policy": "same-origin",
};

const notBuilt = "GraphiQL is not built. Build it with: npm run build (npm ci also does it).\n";

/** Serves the GraphiQL page, which is built with the console and loads its files. */
export function createGraphiql(readFiles: ReturnType<typeof createBuiltFiles>) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const page = (await readFiles()).get("/graphiql.html");
    if (page) return sendBuilt(req, res, page, headers);
    send(res, 503, "text/plain; charset=utf-8", notBuilt);
  };
}
