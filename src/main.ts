import module from "node:module";
import { fileURLToPath } from "node:url";
import { packageRoot } from "./packageRoot.ts";
import { polyfill } from "./polyfill.ts";

/** The command `signalbox`: alone it is `signalbox start`. */
if (process.argv.length === 2) process.argv.push("start");
// A quarter less to compute for the next start. Node.js 20 cannot, nor can a hub that may not write there: nothing else
// changes.
module.enableCompileCache?.(fileURLToPath(new URL("node_modules/.cache/signalbox", packageRoot)));
await polyfill();
await import("./cli/main.ts");
