import { randomBytes } from "node:crypto";
import { mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseRefusal } from "../connection/refusal.ts";
import { accountName } from "./accountName.ts";
import { findBinaries } from "./binaries.ts";
import { chooseOwner, giveTo } from "./owner.ts";
import { type Place, startProgram } from "./program.ts";

/** A database cluster on disk, with the account of its only user. */
export type Cluster = Place & { user: string; password: string };

const user = "signalbox";

/** Opens the cluster of a data directory. The first start creates it. */
export async function openCluster(dataDir: string): Promise<Cluster> {
  const dir = join(dataDir, "postgres");
  const log = join(dataDir, "postgres.log");
  const passwordFile = join(dataDir, "password");
  const owner = await chooseOwner(dir);
  const place = { dir, log, binaries: await findBinaries(owner), owner };
  const found = await stat(dir).catch(() => undefined);
  if (!found) await createCluster(dataDir, place, passwordFile);
  // Its files were copied or restored by root.
  else if (owner && found.uid === 0) await giveTo(owner, dir);
  return { ...place, user, password: await readFile(passwordFile, "utf8") };
}

/** A cluster is renamed into place when complete, so that a crash meanwhile leaves nothing that looks like one. */
async function createCluster(dataDir: string, place: Place, passwordFile: string) {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith("draft-")) await rm(join(dataDir, name), { recursive: true, force: true });
  }
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
  const draft = await mkdtemp(join(dataDir, "draft-"));
  await giveTo(place.owner, draft);
  await initdb({ ...place, dir: draft }, passwordFile);
  await rename(draft, place.dir);
}

async function initdb(place: Place, passwordFile: string) {
  await using password = await open(passwordFile);
  if (place.owner) await password.chown(place.owner.uid, place.owner.gid);
  const options = [
    `--username=${user}`,
    "--auth=scram-sha-256",
    "--pwfile=/dev/fd/3",
    "--encoding=UTF8",
    "--no-locale",
  ];
  const program = startProgram("initdb", place, options, {
    extra: [password.fd],
    env: await accountName(dirname(passwordFile)),
  });
  const end = await program.ended;
  if (end !== "exit code 0") {
    throw new DatabaseRefusal(
      `PostgreSQL could not create a database in ${place.dir} (${end}): ${await program.words()}`,
    );
  }
}
