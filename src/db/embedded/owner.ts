import { lchown, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** The account that PostgreSQL runs as; undefined for the hub's own. */
export type Owner = { uid: number; gid: number } | undefined;

/**
 * PostgreSQL refuses to run as root. So a root hub runs it as the account that owns the cluster, or for a new cluster
 * as `postgres`, or as `nobody`, which every system has.
 */
export async function chooseOwner(clusterDir: string): Promise<Owner> {
  if (process.getuid?.() !== 0) return undefined;
  const found = await stat(clusterDir).catch(() => undefined);
  if (found && found.uid !== 0) return { uid: found.uid, gid: found.gid };
  const accounts = (await readFile("/etc/passwd", "utf8")).split("\n").map((l) => l.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = accounts.find((account) => account[0] === name) ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("Neither an account named postgres nor nobody is in /etc/passwd");
}

/** Changes the owner of a directory and everything in it. */
export async function giveTo(owner: Owner, dir: string): Promise<void> {
  if (!owner) return;
  const below = await readdir(dir, { recursive: true });
  for (const path of ["", ...below]) await lchown(join(dir, path), owner.uid, owner.gid);
}
