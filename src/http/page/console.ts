import type { IncomingMessage, ServerResponse } from "node:http";
import { send, sendJson } from "../headers.ts";
import { cacheControl, type createBuiltFiles, sendBuilt, wantsPage } from "./builtFiles.ts";

/**
 * The page shows untrusted event data. It may run, style and fetch only its own files, show only
 * data: images, and may not turn strings into code or markup.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const pageHeaders = {
  "cache-control": "no-store",
  "content-security-policy": policy,
  "cross-origin-opener-policy": "same-origin",
};

const notBuilt = "The console is not built. Build it with: npm run build (npm ci also does it).\n";

/** Serves the console: its files by name, and its page at every other path that a browser opens. */
export function createConsole(readFiles: ReturnType<typeof createBuiltFiles>) {
  return async (req: IncomingMessage, res: ServerResponse, path: string): Promise<void> => {
    const files = await readFiles();
    const page = files.get("/index.html");
    const file = files.get(path);
    if (file && file !== page) {
      return sendBuilt(req, res, file, { "cache-control": cacheControl(path) });
    }
    const isPage = file || path === "/" || (wantsPage(req) && !path.startsWith("/assets/"));
    if (!isPage) return sendJson(res, 404, { error: "Not found." });
    if (page) return sendBuilt(req, res, page, pageHeaders);
    send(res, 503, "text/plain; charset=utf-8", notBuilt);
  };
}
