import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** Smaller files are not worth compressing. */
const WORTH_BYTES = 1_024;
/** Quality 11, the default, takes twenty times as long and saves 10 %. */
const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
/** Images and fonts are compressed already. */
const texts = new Set([".css", ".html", ".js", ".json", ".svg", ".txt"]);

async function compress(file: string): Promise<void> {
  const source = await readFile(file);
  if (source.length < WORTH_BYTES) return;
  await Promise.all([
    promisify(gzip)(source, { level: 9 }).then((bytes) => writeFile(`${file}.gz`, bytes)),
    promisify(brotliCompress)(source, { params }).then((bytes) => writeFile(`${file}.br`, bytes)),
  ]);
}

/**
 * Writes `.gz` and `.br` beside each built file that is worth it, so that the server never
 * compresses.
 */
export async function precompress(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && texts.has(extname(entry.name)));
  await Promise.all(files.map((entry) => compress(join(entry.parentPath, entry.name))));
}
