#!/usr/bin/env node
/** The command `signalbox`. Written so that Node.js 12 can read it and say what is missing. */
// biome-ignore-start lint/style/useNodejsImportProtocol: old versions know no such names
const fs = require("fs");
const path = require("path");
// biome-ignore-end lint/style/useNodejsImportProtocol: as above

const main = path.join(__dirname, "..", "lib", "main.js");

function trouble() {
  if (Number(process.versions.node.split(".")[0]) < 20)
    return `Signalbox needs Node.js 20 or newer, and this is ${process.version}: install a newer one (https://nodejs.org).`;
  if (!fs.existsSync(main)) return "Signalbox is not built: run npm ci first.";
  return null;
}

const sentence = trouble();
if (sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
} else {
  import("../lib/main.js");
}
