/**
 * Says in one sentence what is missing before the sources can be built or tested: npm runs it first. Written so that
 * Node.js 12 can read it.
 */
// biome-ignore-start lint/style/useNodejsImportProtocol: old versions know no such names
const fs = require("fs");
const path = require("path");
// biome-ignore-end lint/style/useNodejsImportProtocol: as above
const { devDependencies } = require("./package.json");

/** Whether a version such as `v20.19.1` is this one or a later one. */
function isAtLeast(version, major, minor) {
  const [ownMajor, ownMinor] = version.replace(/^v/, "").split(".").map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** A dependency that is in none of the folders where Node.js looks for it. */
const missing = () =>
  Object.keys(devDependencies).find(
    (name) => !module.paths.some((folder) => fs.existsSync(path.join(folder, name))),
  );

function trouble() {
  // What runs npm decides what can be installed. Scripts are run by a Node.js that npm ci brings, as soon as it has.
  const [, own = process.version] =
    /\bnode\/(v[\d.]+)/.exec(process.env.npm_config_user_agent || "") || [];
  // For others npm leaves out the bundler.
  const builds = isAtLeast(own, 22, 12) || (isAtLeast(own, 20, 19) && !isAtLeast(own, 21, 0));
  const name = missing();
  if (!builds && (name || process.env.npm_lifecycle_event === "prepare"))
    return `Signalbox needs Node.js 20.19, 22.12 or newer to be built, and this is ${own}: install a newer one (https://nodejs.org) and run npm ci.`;
  if (name) return `Signalbox is not installed (${name} is missing): run npm ci first.`;
  if (process.env.npm_lifecycle_event === "prepare") return null;
  if (isAtLeast(process.version, 24, 0)) return null;
  return `Signalbox is tested on Node.js 24, which npm ci brings along, and this is ${process.version}: run npm ci again, without leaving out what is optional.`;
}

const sentence = trouble();
if (sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
