import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const manifest = JSON.parse(await readFile(new URL("package.json", root), "utf8"));
let clone = "";
beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), "signalbox-clone-"));
  for (const name of ["package.json", "prerequisites.cjs"])
    await cp(new URL(name, root), join(clone, name));
});
afterAll(() => rm(clone, { recursive: true }));

/** What it says in a fresh clone, or here, when npm runs it for a script with this Node.js. */
function check(script: string, npmsNode: string, cwd: string | URL = clone) {
  const { status, stderr } = spawnSync(process.execPath, ["prerequisites.cjs"], {
    cwd,
    encoding: "utf8",
    env: {
      npm_lifecycle_event: script,
      npm_config_user_agent: `npm/10.8.2 node/${npmsNode} linux`,
    },
  });
  return { status, stderr };
}
const tooOld = (version: string) =>
  `Signalbox needs Node.js 20.19, 22.12 or newer to be built, and this is ${version}: install a newer one (https://nodejs.org) and run npm ci.\n`;

test.each(["v12.22.0", "v18.20.8", "v19.9.0", "v20.18.3", "v21.7.3", "v22.11.0"])(
  "Node.js %s is refused in one sentence, when it builds and when it tests",
  (version) => {
    for (const script of ["prepare", "test"])
      expect(check(script, version)).toEqual({ status: 1, stderr: tooOld(version) });
  },
);

test("what is not installed yet is said in one sentence", async () => {
  const [first = "", ...others] = Object.keys(manifest.devDependencies);
  const refusal = (name: string) => ({
    status: 1,
    stderr: `Signalbox is not installed (${name} is missing): run npm ci first.\n`,
  });
  expect(check("test", "v20.19.0")).toEqual(refusal(first));
  // As an installation that was interrupted leaves it, or one without what is for development.
  for (const name of [first, ...others.slice(1)])
    await mkdir(join(clone, "node_modules", name), { recursive: true });
  for (const script of ["prepare", "test"])
    expect(check(script, "v22.12.0")).toEqual(refusal(others[0] ?? ""));
});

test("what is installed is let through, tests also where an old Node.js has only called npm", () => {
  for (const version of ["v18.20.8", "v20.19.0", "v26.0.0"])
    expect(check("test", version, root)).toEqual({ status: 0, stderr: "" });
  expect(check("prepare", "v20.19.0", root)).toEqual({ status: 0, stderr: "" });
});

test("whatever builds or tests asks first", () => {
  for (const script of ["prepare", "test"])
    expect(manifest.scripts[script]).toMatch(/^node prerequisites\.cjs && /);
});
