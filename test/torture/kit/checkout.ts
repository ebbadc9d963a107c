import { execFile, spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CannotRun } from "../row.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const INSTALLED_WITHIN_MS = 180_000;

/** What npm tells its scripts of this repository would lead an npm inside another one back here. */
const withoutNpm = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$|NODE_OPTIONS$)/.test(name)),
  );

/** Whether the history has this commit: that of a shallow clone, or of an archive, has not. */
export const hasCommit = (commit: string): boolean =>
  spawnSync("git", ["cat-file", "-e", `${commit}^{commit}`], { cwd: root }).status === 0;

/**
 * Puts the hub of another commit into a directory of its own, with the packages of its own lock file, as far as a
 * hub beside its own PostgreSQL needs them. Gives back the directory; throws CannotRun when npm cannot get them.
 */
export async function checkOut(commit: string, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const archive = join(directory, "archive.tar");
  await run("git", ["archive", "--output", archive, commit], { cwd: root });
  await run("tar", ["-xf", archive, "-C", directory]);
  const flags = ["--ignore-scripts", "--omit=dev", "--omit=optional", "--no-audit", "--no-fund"];
  await run("npm", ["ci", "--prefer-offline", ...flags], {
    cwd: directory,
    env: withoutNpm(),
    timeout: INSTALLED_WITHIN_MS,
  }).catch((error: { stderr?: string }) => {
    throw new CannotRun(`npm ci of ${commit} failed: ${error.stderr?.slice(-500)}`);
  });
  return directory;
}
