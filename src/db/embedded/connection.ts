import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const connection = z.object({ pid: z.number(), url: z.string().optional() });

/** A hub's connection for other processes that may read its data directory. Without `url` it is still starting. */
type Connection = z.infer<typeof connection>;

const fileOf = (dataDir: string) => join(dataDir, "connection.json");

/** Writes the file atomically, so that a reader never sees a part. */
export async function saveConnection(dataDir: string, content: Connection): Promise<void> {
  const draft = `${fileOf(dataDir)}.draft`;
  await writeFile(draft, JSON.stringify(content), { mode: 0o600 });
  await rename(draft, fileOf(dataDir));
}

export async function readConnection(dataDir: string): Promise<Connection | undefined> {
  const text = await readFile(fileOf(dataDir), "utf8").catch(() => undefined);
  return text === undefined ? undefined : connection.parse(JSON.parse(text));
}

export const removeConnection = (dataDir: string) => rm(fileOf(dataDir), { force: true });
