import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { send, sendHead } from "../headers.ts";

/** A file made by `npm run build`, with compressed forms where they are smaller. */
export type BuiltFile = {
  type: string;
  etag: string;
  plain: Buffer;
  gzip: Buffer | undefined;
  brotli: Buffer | undefined;
};

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
};

/** The output folder of a part of `npm run build`. */
export const builtFolder = (part: "console" | "docs"): string =>
  fileURLToPath(new URL(`../../../dist/${part}/`, import.meta.url));

/** Changes the text of a page, script or style, so that the files work below another path. */
type Rewrite = (text: string) => string;

// Weak, because all encodings share it.
const etagOf = (content: Buffer) =>
  `W/"${createHash("sha256").update(content).digest("base64url")}"`;

async function read(folder: string, rewrite?: Rewrite): Promise<Map<string, BuiltFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const contents = new Map<string, Buffer>();
  for (const entry of entries.filter((it) => it.isFile())) {
    const file = join(entry.parentPath, entry.name);
    contents.set(`/${relative(folder, file).replaceAll(sep, "/")}`, await readFile(file));
  }
  const files = new Map<string, BuiltFile>();
  for (const [path, plain] of contents) {
    const type = types[extname(path)];
    if (!type) continue;
    if (rewrite && /\.(html|js|css)$/.test(path)) {
      const text = Buffer.from(rewrite(plain.toString()));
      files.set(path, {
        type,
        etag: etagOf(text),
        plain: text,
        gzip: gzipSync(text),
        brotli: undefined,
      });
      continue;
    }
    files.set(path, {
      type,
      etag: etagOf(plain),
      plain,
      gzip: contents.get(`${path}.gz`),
      brotli: contents.get(`${path}.br`),
    });
  }
  return files;
}

/**
 * Returns the files of a folder by path, read into memory at the first call. Requests open no
 * files, so none can be missing, half written or left open. An empty folder is read again.
 */
export function createBuiltFiles(
  folder: string,
  rewrite?: Rewrite,
): () => Promise<ReadonlyMap<string, BuiltFile>> {
  let reading: ReturnType<typeof read> | undefined;
  return async () => {
    reading ??= read(folder, rewrite);
    const files = await reading;
    if (files.size === 0) reading = undefined;
    return files;
  };
}

/** Sends a file in the smallest encoding that the client accepts, or 304. */
export function sendBuilt(
  req: IncomingMessage,
  res: ServerResponse,
  file: BuiltFile,
  given: Readonly<Record<string, string>>,
  status = 200,
): void {
  const headers = { vary: "accept-encoding", etag: file.etag, ...given };
  if (status === 200 && req.headers["if-none-match"]?.includes(file.etag)) {
    sendHead(res, 304, headers);
    return;
  }
  const accepted = String(req.headers["accept-encoding"] ?? "");
  const [encoding, body] =
    file.brotli && /\bbr\b/.test(accepted)
      ? ["br", file.brotli]
      : file.gzip && /\bgzip\b/.test(accepted)
        ? ["gzip", file.gzip]
        : [undefined, file.plain];
  send(res, status, file.type, body, {
    ...headers,
    ...(encoding && { "content-encoding": encoding }),
  });
}

/** File names under `/assets/` contain a content hash; all other files must be revalidated. */
export const cacheControl = (path: string): string =>
  path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";

/** Whether a browser requests a page, not a script data. */
export const wantsPage = (req: IncomingMessage): boolean =>
  (req.headers.accept ?? "").includes("text/html");
