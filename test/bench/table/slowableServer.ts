import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openCluster } from "../../../src/db/embedded/cluster.ts";
import { freePort } from "../../../src/db/embedded/freePort.ts";
import { settings } from "../../../src/db/embedded/settings.ts";
import { ownDirectory } from "../ownDirectory.ts";

export type SlowableServer = AsyncDisposable & {
  readonly url: string;
  /** From now on each flush to disk takes 5 ms more. False where that cannot be had: it takes a C compiler. */
  slowDown(): Promise<boolean>;
};

/** The embedded PostgreSQL with the hub's own settings, on a disk that can be made slow. */
export async function startSlowableServer(): Promise<SlowableServer> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await ownDirectory());
  // Beside it, for the account that PostgreSQL runs as may not look into the other.
  const shelf = await mkdtemp(join(tmpdir(), "signalbox-bench-"));
  stack.defer(() => rm(shelf, { recursive: true, force: true }));
  await chmod(shelf, 0o755);
  const [library, slow] = [join(shelf, "slowFsync.so"), join(shelf, "slow")];
  const isCompiled = compile(library);
  const { dir, binaries, owner, user, password } = await openCluster(directory.path);
  const port = await freePort();
  const place = owner ? "/proc/self/cwd" : dir;
  const child = spawn(join(binaries, "postgres"), ["-D", place, ...settings(port)], {
    cwd: dir,
    env: {
      LC_ALL: "C",
      // By which the directory's remover knows it.
      SIGNALBOX_DATA: directory.path,
      ...(isCompiled && { LD_PRELOAD: library, SLOW_FSYNC: slow }),
    },
    stdio: "ignore",
    ...owner,
  });
  directory.holds(child.pid ?? 0);
  stack.defer(async () => {
    const ended = once(child, "exit");
    if (child.kill("SIGINT")) await ended;
  });
  await untilReady(dir, () => child.exitCode === null);
  const owned = stack.move();
  return {
    url: `postgres://${user}:${password}@127.0.0.1:${port}/postgres?sslmode=disable`,
    async slowDown() {
      await writeFile(slow, "");
      return isCompiled;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function compile(library: string): boolean {
  const source = join(import.meta.dirname, "slowFsync.c");
  try {
    execFileSync("cc", ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], {
      stdio: "ignore",
    });
    return process.platform === "linux";
  } catch {
    return false;
  }
}

async function untilReady(dir: string, isAlive: () => boolean): Promise<void> {
  while (isAlive()) {
    const text = await readFile(join(dir, "postmaster.pid"), "utf8").catch(() => "");
    if (text.split("\n")[7]?.startsWith("ready")) return;
    await pause(10);
  }
  throw new Error("PostgreSQL did not start");
}
