import { copyFile, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { buildSchema } from "graphql";
import { defineConfig } from "vitepress";
import { thirdPartyNotices } from "../../build/thirdPartyNotices.ts";
import { precompress } from "../../src/console/precompress.ts";
import { apiReference } from "./apiReference.ts";
import { sidebar } from "./sidebar.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Written as files, since the local search reads pages from files alone. */
async function writeApiReference(): Promise<void> {
  const schema = buildSchema(await readFile(path("../../schema.graphql"), "utf8"));
  for (const [name, text] of apiReference(schema)) await writeFile(path(`../api/${name}`), text);
}

/** Builds docs/ into dist/docs, which the hub serves at /docs. Nothing is fetched from another host. */
export default async () => {
  await writeApiReference();
  return defineConfig({
    title: "Signalbox",
    description: "A self-hosted event hub on your own PostgreSQL.",
    lang: "en",
    base: "/docs/",
    cleanUrls: true,
    outDir: path("../../dist/docs"),
    cacheDir: path("../../node_modules/.cache/vitepress"),
    head: [["link", { rel: "icon", href: "/docs/signalbox.svg", type: "image/svg+xml" }]],
    markdown: {
      // Shiki has no grammar for HAProxy, and would warn.
      languageAlias: { haproxy: "txt" },
      config(md) {
        // Code in a line is shown as it is written, `{{ templates }}` too, as VitePress does with whole blocks.
        const render = md.renderer.rules.code_inline;
        md.renderer.rules.code_inline = (tokens, index, ...rest) => {
          tokens[index]?.attrSet("v-pre", "");
          return render?.(tokens, index, ...rest) ?? "";
        };
      },
    },
    vite: {
      plugins: [thirdPartyNotices()],
      publicDir: path("../../src/console/public"),
      build: { assetsInlineLimit: 0, reportCompressedSize: false, chunkSizeWarningLimit: 2_000 },
    },
    themeConfig: {
      logo: "/signalbox.svg",
      search: {
        provider: "local",
        // The index needs no colours, and they would take a quarter of the build.
        options: { _render: (text, env, md) => md.set({ highlight: null }).renderAsync(text, env) },
      },
      nav: [
        { text: "Quickstart", link: "/quickstart" },
        { text: "Concepts", link: "/concepts" },
        { text: "API", link: "/api/", activeMatch: "/api/" },
        // VitePress puts the base before every path; the dots lead out of it again.
        { text: "Console", link: "/../", target: "_self" },
      ],
      sidebar,
      outline: [2, 3],
    },
    async buildEnd({ outDir }) {
      await copyFile(path("../llms.txt"), `${outDir}/llms.txt`);
      await precompress(outDir);
    },
  });
};
