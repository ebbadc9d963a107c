import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Server, startServer } from "./server.ts";

const run = promisify(execFile);

/** A file system of its own, of few megabytes. */
export type SmallDisk = {
  /** Takes all that is free. */
  fill(): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
};

/** A PostgreSQL whose tables and whose write-ahead log lie on small disks, one each. */
export type SmallServer = Server & { data: SmallDisk; wal: SmallDisk };

const DATA_MIB = 192;
const WAL_MIB = 160;
/** So much is taken at a time, down to the last page. */
const BITES = [2 ** 20, 4_096];

/** Why this machine has no small disks; null when it has. */
export function noSmallDisks(): string | null {
  if (process.platform !== "linux") return "small disks are made with Linux's tmpfs";
  // In a mount namespace of its own, so that nothing stays.
  const tried = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
  return tried.status === 0 ? null : "to mount a tmpfs takes root";
}

/** Puts a directory, with what it holds, on a disk of its own. */
async function onSmallDisk(stack: AsyncDisposableStack, path: string, mib: number) {
  const { uid, gid } = await stat(path);
  const before = `${path}.before`;
  await rename(path, before);
  await mkdir(path);
  const options = `size=${mib}m,mode=700,uid=${uid},gid=${gid}`;
  await run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]);
  stack.defer(async () => void (await run("umount", ["--lazy", path])));
  await run("cp", ["-a", `${before}/.`, path]);
  await rm(before, { recursive: true });
  const filler = join(path, "filler");
  const disk: SmallDisk = {
    async fill() {
      await using file = await open(filler, "w");
      // A server that starts after a crash wants to open whatever lies there.
      await file.chown(uid, gid);
      for (const size of BITES) await eat(file, randomBytes(size));
    },
    free: () => rm(filler, { force: true }),
  };
  return disk;
}

async function eat(file: Awaited<ReturnType<typeof open>>, bite: Buffer) {
  try {
    for (;;) await file.appendFile(bite);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

/** Makes a server, and moves it to small disks. */
export async function startOnSmallDisks(dataDir: string): Promise<SmallServer> {
  await using stack = new AsyncDisposableStack();
  const made = await startServer(dataDir);
  await made[Symbol.asyncDispose]();
  const data = await onSmallDisk(stack, join(dataDir, "postgres", "base"), DATA_MIB);
  const wal = await onSmallDisk(stack, join(dataDir, "postgres", "pg_wal"), WAL_MIB);
  const server = stack.use(await startServer(dataDir));
  const owned = stack.move();
  return { ...server, data, wal, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
