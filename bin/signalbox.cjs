#!/usr/bin/env node
/** The command `signalbox`. Written so that Node.js 12 can read it and say what is missing. */
// biome-ignore-start lint/style/useNodejsImportProtocol: old versions know no such names
const fs = require("fs");
const path = require("path");
// biome-ignore-end lint/style/useNodejsImportProtocol: as above

const main = path.join(__dirname, "..", "lib", "main.js");

const [major, minor] = process.versions.node.split(".").map(Number);
const isKnown = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);

function trouble() {
  if (!isKnown)
    return `Signalbox needs Node.js 20.19, 22.12 or newer, and this is ${process.version}: install a newer one (https://nodejs.org).`;
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
