import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "rolldown";

const rule = `\n\n${"-".repeat(80)}\n\n`;
/** The folder of the package that a module belongs to. */
const packageFolder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const licenceFile = /^(licen[cs]e|copying|notice)/i;

/** A package's name, version, licence, and the texts that its licence asks to be passed on. */
function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const texts = readdirSync(folder)
    .filter((file) => licenceFile.test(file))
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  return [`${name} ${version} (${license})`, ...texts].join("\n\n");
}

/** Adds THIRD-PARTY-NOTICES.txt to what is built: all packages of which it contains code. */
export const thirdPartyNotices = (): Plugin => ({
  name: "third-party-notices",
  generateBundle(_options, bundle) {
    const ids = Object.values(bundle).flatMap((file) =>
      file.type === "chunk" ? file.moduleIds : [],
    );
    const folders = new Set(ids.flatMap((id) => packageFolder.exec(id)?.[0] ?? []));
    const notices = [...folders].sort().map(noticeOf);
    const fileName = "THIRD-PARTY-NOTICES.txt";
    this.emitFile({ type: "asset", fileName, source: `${notices.join(rule)}\n` });
  },
});
