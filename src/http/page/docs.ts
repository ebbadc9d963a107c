import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { send, sendHead, sendJson } from "../headers.ts";
import {
  type BuiltFile,
  cacheControl,
  type createBuiltFiles,
  sendBuilt,
  wantsPage,
} from "./builtFiles.ts";

const notBuilt =
  "The documentation is not built. Build it with: npm run build (npm ci also does it).\n";

/** Allows only the site's files and, by hash, the two inline scripts of each page. */
function contentPolicy(page: BuiltFile): string {
  const scripts = page.plain.toString().matchAll(/<script id="[^"]*">([\s\S]*?)<\/script>/g);
  const hashes = [...scripts].map(
    ([, script = ""]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
  );
  return [
    "default-src 'none'",
    ["script-src 'self'", ...hashes].join(" "),
    // Highlighted code has inline styles.
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** Serves the documentation under /docs: `/docs/x` is the page x.html, `/docs/x/` is x/index.html. */
export function createDocs(readFiles: ReturnType<typeof createBuiltFiles>, prefix = "") {
  let policy: string | undefined;
  return async (req: IncomingMessage, res: ServerResponse, address: string): Promise<void> => {
    const files = await readFiles();
    const index = files.get("/index.html");
    if (!index) return send(res, 503, "text/plain; charset=utf-8", notBuilt);
    policy ??= contentPolicy(index);
    const headers = {
      "content-security-policy": policy,
      "cross-origin-opener-policy": "same-origin",
    };

    const path = address.slice("/docs".length);
    if (files.has(`${path}/index.html`))
      return sendHead(res, 308, { location: `${prefix}${address}/` });
    const name = path.endsWith("/") ? `${path}index.html` : path;
    const notFound = files.get("/404.html");
    const file = files.get(name) ?? files.get(`${name}.html`);
    if (file && file !== notFound)
      return sendBuilt(req, res, file, { ...headers, "cache-control": cacheControl(name) });
    if (!notFound || !wantsPage(req)) return sendJson(res, 404, { error: "Not found." });
    sendBuilt(req, res, notFound, { ...headers, "cache-control": "no-store" }, 404);
  };
}
