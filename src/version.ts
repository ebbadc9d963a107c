import { readFileSync } from "node:fs";
import { packageRoot } from "./packageRoot.ts";

/** The version in package.json: in `user-agent`, and for people. */
export const version: string = JSON.parse(
  readFileSync(new URL("package.json", packageRoot), "utf8"),
).version;
