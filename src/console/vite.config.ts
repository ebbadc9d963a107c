import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Small files gain nothing from being compressed. */
const WORTH_BYTES = 1_024;

/** Writes `.gz` and `.br` beside what is worth it, so that the server never compresses. */
const precompress: Plugin = {
  name: "precompress",
  apply: "build",
  async writeBundle({ dir = "" }, bundle) {
    for (const { fileName } of Object.values(bundle)) {
      const path = join(dir, fileName);
      const source = await readFile(path);
      if (source.length < WORTH_BYTES) continue;
      await writeFile(`${path}.gz`, await promisify(gzip)(source, { level: 9 }));
      await writeFile(`${path}.br`, await promisify(brotliCompress)(source));
    }
  },
};

/** Builds the console into dist/console. Nothing is inlined: its content policy allows files of its own alone. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react(), precompress],
  build: {
    outDir: fileURLToPath(new URL("../../dist/console", import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    reportCompressedSize: false,
  },
});
