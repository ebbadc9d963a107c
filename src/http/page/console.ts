import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { send, sendJson } from "../headers.ts";

/** One file of the built console; compressed when it was built, where that was worth it. */
type Asset = { plain: Buffer; gzip?: Buffer | undefined; brotli?: Buffer | undefined };

const built = fileURLToPath(new URL("../../../dist/console/", import.meta.url));

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * What events say is shown by this page, and they come from anywhere: it runs, styles and fetches its own files
 * alone, shows images that came with the data alone, and turns no string into code or markup.
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

const notBuilt =
  "The console is not built. Build it with: npm run build (npm ci does it, too). GraphiQL is at /graphql.\n";

/** Every file of the console by its path; null when it has not been built. */
async function readBuilt(folder: string): Promise<Map<string, Asset> | null> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, Buffer>();
  for (const entry of names.filter((it) => it.isFile())) {
    const file = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, file).replaceAll(sep, "/")}`, await readFile(file));
  }
  if (!files.has("/index.html")) return null;
  const assets = [...files].filter(([path]) => extname(path) in types);
  return new Map(
    assets.map(([path, plain]) => [
      path,
      { plain, gzip: files.get(`${path}.gz`), brotli: files.get(`${path}.br`) },
    ]),
  );
}

function sendAsset(req: IncomingMessage, res: ServerResponse, path: string, asset: Asset): void {
  const isPage = path === "/index.html";
  const accepted = String(req.headers["accept-encoding"] ?? "");
  const [encoding, body] =
    asset.brotli && /\bbr\b/.test(accepted)
      ? ["br", asset.brotli]
      : asset.gzip && /\bgzip\b/.test(accepted)
        ? ["gzip", asset.gzip]
        : [undefined, asset.plain];
  send(res, 200, types[extname(path)] ?? "", body, {
    vary: "accept-encoding",
    // A name under /assets/ holds the hash of what it names.
    "cache-control": isPage
      ? "no-store"
      : path.startsWith("/assets/")
        ? "public, max-age=31536000, immutable"
        : "no-cache",
    ...(encoding && { "content-encoding": encoding }),
    ...(isPage && {
      "content-security-policy": policy,
      "cross-origin-opener-policy": "same-origin",
    }),
  });
}

const wantsPage = (req: IncomingMessage) => (req.headers.accept ?? "").includes("text/html");

/** Serves the console: its files by their names, and its page at every other address that a browser opens. */
export function createConsole(folder = built) {
  let reading: Promise<Map<string, Asset> | null> | undefined;
  return async (req: IncomingMessage, res: ServerResponse, path: string): Promise<void> => {
    reading ??= readBuilt(folder);
    const assets = await reading;
    const asset = assets?.get(path);
    if (asset) return sendAsset(req, res, path, asset);
    const isPage = path === "/" || (wantsPage(req) && !path.startsWith("/assets/"));
    if (!isPage) return sendJson(res, 404, { error: "Not found." });
    const page = assets?.get("/index.html");
    if (page) return sendAsset(req, res, "/index.html", page);
    reading = undefined;
    send(res, 503, "text/plain; charset=utf-8", notBuilt);
  };
}
