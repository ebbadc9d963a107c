import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { precompress } from "./precompress.ts";

const precompressed: Plugin = {
  name: "precompress",
  apply: "build",
  writeBundle: ({ dir = "" }) => precompress(dir),
};

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/**
 * Builds the console into dist/console. Nothing is inlined, because its content security policy
 * allows only its own files.
 */
export default defineConfig({
  root: path("."),
  plugins: [react(), precompressed],
  // Scripts find each other below any path; the hub writes that path into the pages.
  experimental: {
    renderBuiltUrl: (name, { hostType }) => (hostType === "html" ? `/${name}` : { relative: true }),
  },
  build: {
    outDir: path("../../dist/console"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: [path("index.html"), path("graphiql.html")],
      // GraphiQL's "use no memo" is for a compiler that has already run.
      onLog: (level, log, report) => {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
    },
    modulePreload: { polyfill: false },
    target: "es2022",
    reportCompressedSize: false,
    // GraphiQL's editor, Monaco, is one file of 2.8 MB. Only GraphiQL's page loads it.
    chunkSizeWarningLimit: 3_000,
  },
});
