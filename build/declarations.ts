import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Plugin } from "rolldown";

const options = {
  declaration: "true",
  emitDeclarationOnly: "true",
  // `npm run types` checks them.
  noCheck: "true",
  strict: "true",
  exactOptionalPropertyTypes: "true",
  allowImportingTsExtensions: "true",
  target: "es2024",
  lib: "es2024,dom",
  module: "nodenext",
  rootDir: "src",
};

/** Writes the types of these sources, and of all that they name, into types/ of what is built. */
export const declarations = (sources: string[]): Plugin => ({
  name: "declarations",
  async writeBundle({ dir = "" }) {
    const flags = Object.entries({ ...options, outDir: `${dir}/types` });
    const given = flags.flatMap(([name, value]) => [`--${name}`, value]);
    await promisify(execFile)("tsc", ["--ignoreConfig", ...given, ...sources]);
  },
});
